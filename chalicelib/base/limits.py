"""Every limit of the house, with its unit last in the name and its reason beside it."""

from __future__ import annotations

KIB = 1024
MIB = 1024 * KIB

# --- documents (fatturapa.md section 6: 5 MB for a single invoice file on SDICoop and web upload)
DOCUMENT_BYTES = 5 * 1000 * 1000
# An armoured p7m is 4/3 of its content; a doubly armoured one 16/9. Cap before unwrapping.
DOCUMENT_RAW_BYTES = 10 * 1000 * 1000
PDF_BYTES = 10 * 1000 * 1000
CMS_LAYERS = 3
CMS_SIGNERS = 20
CMS_SIGNER_BYTES = 64 * KIB  # signed attributes, or one certificate; real ones stay under 4 KiB
CMS_CERTIFICATES = 200
CMS_VALUES = 100_000  # 5 MB in pieces of 50 bytes; real pieces have 1,000 or more
ARMOUR_LAYERS = 3  # base64 around base64; two are seen in the wild
PKCS12_BYTES = 1 * MIB
SIGNING_KEY_BITS = 2_048  # fatturapa.md section 12: RSA of 2048 bits or more
SIGNER_SECRET_BYTES = 4_000  # what is sealed by KMS itself holds 4 KiB; a token or a PIN is short
SIGNER_PUBLIC_BYTES = 64 * KIB  # a certificate and those above it, as PEM
SIGNERS_OF_RESELLER = 1_000
SIGNER_AGE_S = 60  # how long a worker may go on with a signer after the operator changed it
TRUST_BYTES = 16 * MIB  # the trusted lists of all Europe name some 4,000 authorities of 2 KiB
TRUST_CERTIFICATES = 8_000
TRUST_AGE_S = 300  # how long a worker may go on with authorities that the operator replaced
XML_DEPTH = 100
# 5 MB of FatturaPA holds at most some 450,000 tags; each becomes a node of about 120 bytes.
XML_TAGS = 600_000  # tags and references together
XML_TAG_BYTES = 64 * KIB  # one start tag with its attributes; real ones stay under 1 KiB
XML_STREAM_QUIET_BYTES = 1 * MIB  # between two elements of a document that is read in pieces
XML_STREAM_OTHERS = 1_000  # elements beside them, such as those of a head, which are kept
LOT_BODIES = 1_000
SCHEMA_FAULTS = 50  # SdI lists as many, then says 00201 (fatturapa.md section 7)
ATTESTATION_BYTES = 12 * 1000 * 1000  # the greatest invoice and its attestation, in a ZIP
ATTESTATION_MEMBERS = 20  # an AT archive holds the invoice and its attestation
MESSAGE_BYTES = 5 * 1000 * 1000  # the XML of a message from SdI
COURTESY_PAGES = 1_500  # a lot of LOT_BODIES, or 5 MB of descriptions; it takes some 4 s
COURTESY_BYTES = PDF_BYTES

# --- archives
ARCHIVE_BYTES = 1_000 * MIB
ARCHIVE_MEMBERS = 20_000
ARCHIVE_TOTAL_BYTES = 4_000 * MIB
ARCHIVE_RATIO = 100  # declared size / packed size of one member
ARCHIVE_RATIO_FLOOR_BYTES = 64 * KIB  # below this a high ratio is only a short, repetitive text
ARCHIVE_NAME_BYTES = 512
ARCHIVE_DIRECTORY_BYTES = 16 * MIB
ARCHIVE_WINDOW_BYTES = 8 * MIB  # one ranged read
ARCHIVE_BLOCK_BYTES = 1 * MIB  # one ranged read of the directory: 10,000 members in one or two
# Deflate adds 5 bytes to each 16 KiB that cannot be packed; an encoder may be a little worse.
ARCHIVE_PACKED_SLACK_BYTES = 64 * KIB

# --- spreadsheets
SHEET_FILE_BYTES = 64 * MIB  # 100,000 dues are some 12 MB as XLSX and 25 MB as CSV
SHEET_PART_BYTES = 512 * MIB  # one part inflated; it passes by in blocks and is never held
SHEET_BLOCK_BYTES = 1 * MIB  # one ranged read of a CSV
SHEET_TAG_BYTES = 1 * MIB  # that the parser may keep of one tag or text
SHEET_STRINGS = 1_500_000  # different texts of a workbook, the only thing of it in memory, and
SHEET_STRINGS_CHARS = 64_000_000  # how long they are together
SHEET_CELL_CHARS = 32_767  # Excel's own
SHEET_LINE_CHARS = 1_000_000
SHEET_COLUMNS = 256  # Excel before 2007; nobody fills in more

# --- work
TRANSACTION_ITEMS = 100  # DynamoDB's own
CHUNK_MEMBERS = 250
CHUNKS = 80  # so that the archive row and its chunk rows fit one transaction
CHECKPOINT_MEMBERS = 25
REMAINING_MS = 20_000  # what a worker leaves itself to stop in order
WORK_ATTEMPTS = 12
WORK_RETRY_S = 60
WORK_RETRY_MAX_S = 3_600

# --- accounts
TRIAL_DAYS = 30  # F000-018
SIGN_UP_PAUSE_S = 300  # between two mails to one address that somebody wrote into the form
BREAK_GLASS_S = 3_600  # support sees a tenant's settings for an hour, then asks again

# --- API
API_BODY_BYTES = 6 * 1000 * 1000  # Lambda's synchronous payload limit
UPLOAD_FILES = 100
UPLOAD_LINK_S = 900
SLOT_DAYS = 7
DOWNLOAD_LINK_S = 300
PAGE_ITEMS = 50
PAGE_ITEMS_MAX = 200
IDEMPOTENCY_KEY_CHARS = 200
ANSWER_DAYS = 30  # how long a decision's answer is kept for its repeat
FILE_NAME_CHARS = 255
ARCHIVE_PERSONS = 50  # under one tax code in one body: himself, and who said to be him
FILTER_READ_ITEMS = 2_000  # items a filtered page may read before it answers with a cursor

# --- customers
CUSTOMER_FISCAL_IDS = 20  # a number and a code; more after mergers. Each is a claim of its own
CUSTOMER_SECTIONS = 50
NOTE_CHARS = 2_000  # a remark; what is longer is a document

# --- outside
HTTP_TIMEOUT_S = 20
HTTP_REPLY_BYTES = 1 * MIB  # of an answer nobody said more about; what is longer is asked for
HTTP_BLOCK_BYTES = 256 * KIB  # of an answer that is read while it comes
SDI_TIMEOUT_S = 25
SOAP_BYTES = 8 * 1000 * 1000  # a file of DOCUMENT_BYTES inline as base64, and its envelope
SOAP_REPLY_BYTES = 64 * KIB  # SdI answers RiceviFile with three short fields
SOAP_PARTS = 16
WEBHOOK_TIMEOUT_S = 10
REVOCATION_TIMEOUT_S = 5  # one list or one answer, from the look-up of the name to the last byte
REVOCATION_TOTAL_S = 12  # all that is asked for one signature; the API answers within 29 s
REVOCATION_AGE_S = 3_600  # how long an answer counts, where it does not say less itself
REVOCATION_PAUSE_S = 300  # a host that failed is left alone, or each file of an archive would wait
REVOCATION_KEPT = 500  # answers and lists in memory, and
REVOCATION_KEPT_BYTES = 48 * MIB  # how much of it: two of the greatest lists
CRL_BYTES = 20 * 1000 * 1000  # some national authorities publish lists of several megabytes
OCSP_BYTES = 100 * 1000
WEBHOOK_ATTEMPTS = 10  # then the webhook leg of that change is given up, with a metric
DIGEST_ENTRIES = 300
MAIL_EVIDENCE_S = 900  # how long an unanswered send waits for SES's own event before a resend

# --- sealed fields (base/fields.py)
DATA_KEY_TTL_S = 300  # how long a process keeps a tenant's opened key before it asks KMS again
DATA_KEY_RECHECK_S = 1  # how long it believes that the key is still there: a deleted one is dead
DATA_KEYS_OPEN = 500  # tenants' keys in one process, the least recently used goes first
DATA_KEY_VERSIONS = 100  # some 200 bytes each; one for each year and each fright is far below
FIELD_BYTES = 300 * KIB  # an item of DynamoDB holds 400 KB in all

# --- audit
AUDIT_CHAINED_AT_ONCE = 32  # entry, its name and its row: 3 operations each, and the head, in 100
AUDIT_WAITING_READ = 500  # acts that are read at once: sorted by time, then chained
AUDIT_ROUNDS = 20  # readings of one run: 10,000 entries, or as many refusals by other workers
AUDIT_NAME_DAYS = 30  # SQS gives a message again for 14 days at most; then no repeat can come
AUDIT_FACT_CHARS = 128  # ids, codes, amounts and days; whatever is longer is a text
AUDIT_FACT_VALUES = 50

# --- letters
LETTER_GRACE_S = 60  # people wait for a link: one whose message was lost goes with the next sweep
LETTER_ATTEMPTS = WEBHOOK_ATTEMPTS  # some five hours; a link is worth nothing by then
LETTER_VALUE_CHARS = 4_000  # the lines of a long order; a name or a link is far below

# --- passwords (NIST SP 800-63B-4 section 3.1.1.2; OWASP's floor for argon2id)
PASSWORD_CHARS = 12  # with a second factor; NIST asks for 8
PASSWORD_ALONE_CHARS = 15  # where the password is the only factor
PASSWORD_CHARS_MAX = 128  # after NFKC; NIST asks that 64 at least be accepted
PASSWORD_SENT_CHARS = 1_024  # as typed: NFKC may make it shorter
ARGON2_MEMORY_KIB = 19_456
ARGON2_PASSES = 2
ARGON2_LANES = 1  # a function has less than two cores
ARGON2_SALT_BYTES = 16
ARGON2_HASH_BYTES = 32

# --- login (NIST SP 800-63B-4 section 3.2.2: no more than 100 failures in a row)
LOGIN_FREE_TRIES = 5  # tries in a row that need no waiting
LOGIN_DELAY_S = 900  # before the next one; doubled by each that fails
LOGIN_DELAY_MAX_S = 86_400
LOGIN_FAILURES = 100  # in a row: then only a password set by a mailed link opens the account
SOURCE_TRIES = 20  # failures of one address in SOURCE_WINDOW_S: an office shares one
SOURCE_WINDOW_S = 900
LOGIN_TOKEN_S = 300  # from the password to the code
ENROLMENT_S = 600  # to install an app and to type its first code
UNKNOWN_LOGIN_DAYS = 60  # how long tries at an address without an account are counted
RESET_PAUSE_S = 900  # between two reset mails to one address: nobody is flooded by us
ADDRESS_CHARS = 254

# --- second factor (RFC 6238)
TOTP_STEP_S = 30
TOTP_STEPS_ASIDE = 1  # a clock that is off, a slow hand: infra/decisions/0013-login.md
TOTP_SECRET_BYTES = 20  # 160 bits, RFC 4226 section 4
RECOVERY_CODES = 10
RECOVERY_CODE_CHARS = 16  # of 31 letters: 79 bits

# --- sessions (ASVS 7.3.1, 7.3.2)
SESSION_IDLE_S = 1_800
SESSION_S = 43_200
SESSION_TOUCH_S = 300  # a request writes no more often; so idleness is counted from 25 minutes on
STEP_UP_S = 600
SET_PASSWORD_LINK_S = 259_200  # 72 hours: people read a mail after the weekend
RESET_LINK_S = 1_800

# --- orders of credits
ORDER_MINIMUM_CENTS = 5_000  # goods of an order, without set-up fees and VAT (F004-011)
ORDER_LINES = 20  # a lot of each product and some licences: all of it is one transaction
ORDER_CHARGES = 20  # fees of customers that one order settles, for the same reason
ORDER_CENTS = 1_000_000_000  # ten million euros; beyond it is a slip of the pen
COUPON_CHARS = 40
CATALOGUE_ROWS = 50
CATALOGUE_TEXT_CHARS = 500

# --- credits
CREDIT_SHARDS = 32  # items of one sum; 5 senders that do nothing else meet in a tenth of captures
CREDIT_OVERDRAFT = 1_000  # credits of one product beyond the last: prepaid does not mean for ever
CREDIT_LOW_PERCENT = 20  # of the pool after the last credits came: then the reseller is written to
CREDIT_LOW_WAIT_S = 300  # what a run has set aside may come back before anybody is told of zero
CREDIT_LOTS_AT_ONCE = 18  # lots of one assignment: 5 operations each, in one transaction
CREDIT_QUANTITY = 10_000_000  # credits in one lot or assignment; beyond it is a slip of the pen
CREDIT_NOTE_CHARS = 500
CREDIT_RELEASED_AT_ONCE = 200  # waiting documents of one run; the next goes on behind them
CREDIT_REPORT_DAYS = 366  # a year of consumption by day in one answer
PURSE_FROM_MEMBERS = 5  # below that a run draws each credit by itself: opening and closing cost two
PURSE_CREDITS = 25  # first filling; each further one doubles what was taken: 250 members take 4
PURSE_LEASE_S = 1_200  # four times the longest run: by then whoever filled it is dead

# --- pagoPA (pagopa.md section 14)
IUV_BLOCK = 10_000  # the greatest import's share that is numbered at once; one call whatever it is
AMOUNT_CENTS = 99_999_999_999  # 999,999,999.99 euro, the node's own
AMOUNT_POSTE_CENTS = 9_999_999_999  # the Data Matrix of the Poste slip has ten digits
PRICE_QUANTITY = 1_000  # of one item of a tariff list; more is a typing mistake
INSTALMENTS = 120  # ten years by the month; a debtor's notice of 40 pages
LOGO_KEPT_S = 3_600  # by browsers: a body that changes its logo sees it an hour later
NOTICE_LOGO_BYTES = 1 * MIB
NOTICE_LOGO_PX = 4_000  # each side; 30 mm at 300 dpi are 354
NOTICE_LOGO_KEPT_PX = 709  # 30 mm at 600 dpi: what is finer only makes each notice heavier
NOTICE_LOGO_TAGS = 5_000  # of an SVG; a coat of arms has some hundred
LINES = 20  # dues in one position: each is an operation of the transaction that places them
SUMMARY_SHARDS = 8  # rows that a body's payments are counted in at the same time
FLOW_INSTALMENTS = 68  # and their years: with LINES, what a position's transaction has room for
FLOW_EXCLUDED = 2_000  # dues taken off one list by hand; more is another filter
FLOW_CHANGES = 5  # late fees and reductions of one flow: each stands in every position of it
DUES_ROWS = 100_000  # of one file; the greatest register of Italy has 450,000 members in 102 bodies
DUES_CHECKED_ROWS = 5_000  # of a dry run between two looks at the clock: half a second's work
DUES_FAULTS = 1_000  # kept of one dry run; whoever has more has chosen the wrong column
DUES_PART_ROWS = 250  # rows of one sealed piece: 1,000 bytes each at worst, below FIELD_BYTES
DUES_AT_ONCE = 25  # in one commit, 3 operations each; divides DUES_PART_ROWS
DUES_MAPPINGS = 50
GUESS_ROWS = 25  # of a strange file: titles above the headers, and some rows below
GUESS_EXAMPLES = 3  # shown of each column: enough to tell a tax code from a number
GUESS_CHARS = 60  # of each
BODY_SEGREGATIONS = 20  # partners of one body, past ones too: each is a claim in one transaction
BODY_SERVICES = 200  # read whole for each import; a great body has some fifty
TAXONOMY_BYTES = 4 * MIB  # the official list has some 1,500 rows of 500 bytes
TAXONOMY_SHOWN = 50
NODE_BYTES = 512 * KIB  # a receipt with five digital stamps attached is some 60 KiB
NODE_TENANTS = 10_000  # pairs of body and segregation code that a process remembers the tenant of
RECEIPT_ID_CHARS = 255  # 35 as the node says elsewhere; its schema sets no limit, money has come
# Other positions of whoever has another name now, of which pagoPA hears in the same commit: two
# operations each.
EDIT_TOLD_POSITIONS = 30
ENDING_AT_ONCE = 24  # positions that end in one commit: 4 operations each, and their sums
POSITION_HOLD_S = 600  # a terminal answers within two minutes, a clerk who counts within ten
DEMANDS_OF_A_DAY = 20  # equal notices that a counter may ask for by the day and pay one by one

# --- the citizen's portal
PORTAL_KEY_S = 1_800  # a search's key: long enough to fill a cart, too short to be passed around
PORTAL_SOURCE_TRIES = 30  # searches of one address in PORTAL_WINDOW_S: an office shares one
PORTAL_NOTICE_TRIES = 10  # tax codes tried at one notice: a family types, a guesser needs thousands
PORTAL_MADE = 20  # positions, help requests and carts of one address in PORTAL_WINDOW_S, each
PORTAL_WINDOW_S = 900
PORTAL_TENANTS = 100  # rows of bodies where one tax code is looked for at once: one BatchGetItem
PORTAL_DIRECTORY_AGE_S = 60  # how old the list of bodies may be: it is read by everybody who comes
HELP_CHARS = 2_000
FORM_FIELDS = 30
FORM_CHOICES = 100
FORM_TEXT_CHARS = 500  # of one field; what is longer is a document
SERVICE_TEXT_CHARS = 2_000  # of a service's description, in one language
CART_NOTICES = 5  # pagopa.md section 14
CART_S = 3_600  # until when the same notices are the same cart
VERIFYING_S = 1_800  # a receipt comes in seconds; without one for so long it looks unpaid again
PUBLISHING_S = 5  # until a body's own software would have told pagoPA of a new notice
CART_KEPT_S = 30 * 86_400  # a payer who comes back a week later still learns what became of it
CHECKOUT_CALLS = 140  # in CHECKOUT_WINDOW_S; PagoPA refuses more than 150 of one client
CHECKOUT_WINDOW_S = 10
CHECKOUT_TIMEOUT_S = 15  # it asks the node about each notice; the API itself has 29

# --- delivery
DELIVERY_POSITIONS = 200  # named one by one; more are a flow
DELIVERY_PLANNED_AT_ONCE = 90  # attempts of one transaction, beside the run itself
DELIVERY_AT_ONCE = 25  # attempts read, or recorded where repeating does no harm, in one go
DELIVERY_TRIES = 5  # with the pauses below three hours: greylisting is over by then
DELIVERY_RETRY_S = 60
DELIVERY_RETRY_MAX_S = 3_600
DELIVERY_OPEN_TRIES = 8  # of a server that does not answer, some four hours: then a person looks
DELIVERY_LEASE_S = 900  # a claim that is so old is a dead process's: Lambda lasts 300
DELIVERY_REMAINING_MS = 90_000  # before another parcel: each call of a slow server may take SMTP's
DELIVERY_UNDO_S = 86_400  # the longest undo window; what is later is begun later
DELIVERY_ATTEMPTS = 20  # of one position and leg in one run; whoever sends more often knows why
DELIVERY_PREVIEWED = 500  # positions that one preview reads: a second, with those who owe them
DELIVERY_LACKING = 50  # named in one preview; the others are counted
DELIVERY_WORDS_CHARS = 500  # of what another side said
RECEIPT_MAIL_TRIES = 12  # some eight hours: a receipt is not urgent, but it is expected
SMTP_TIMEOUT_S = 20  # each answer; RFC 5321 allows minutes, a Lambda does not
SMTP_TRIAL_TIMEOUT_S = 6  # each answer, where a person waits for what they come to
SMTP_ACCOUNTS = 20
ZIP_MEMBERS = 10_000  # notices of one archive: half a gigabyte, which people's programs open
ZIP_BYTES = 900 * MIB
ZIP_PART_BYTES = 16 * MIB  # one part of an upload; S3 wants 5 MiB at least
ZIP_READERS = 8  # objects read at once

# --- reconciliation
REMITTANCE_CHARS = 4_000  # of a description; AT-05 has 140, and banks put as much again around it
FLOW_BYTES = 512 * MIB  # 500,000 lines are some 300 MiB as the node writes them
FLOW_PAGE_BYTES = 4 * MIB  # FdR-3: 1,000 payments of some 250 bytes
FLOW_ANOMALIES = 200  # lines that are told with their place; all are counted
STATEMENT_TEXT_CHARS = 4_000  # of a description, whatever columns and rows it is spread over
STATEMENT_PROBLEMS = 200  # rows that cannot be read and are told; all are counted
STATEMENT_PREVIEW_ROWS = 50
CASH_JOURNAL_BYTES = 32 * MIB  # some 15,000 movements, the most that XML_TAGS allows
FDR_PAGE_ITEMS = 1_000  # the service's greatest page, of flows and of payments
FDR_TIMEOUT_S = 60  # of one flow by SOAP, as pagoPA's SLA says
FLOW_SOAP_BYTES = 400 * MIB  # 500,000 lines in base64; kept as XML below a Lambda's 512 MB of /tmp
LINK_NOTE_CHARS = 500
REOPENED_AT_ONCE = 20  # instalments: each has a notice, a mark, maybe a year; with LINES in one go
LATE_RECIPIENTS = 10  # of the letter about what waits too long: some people of one office
FLOW_PIECE_LINES = 2_000  # in one object: some 200 KB, read in one go
FLOW_LINES_AT_ONCE = 80  # an operation each, three with a position: then of several transactions
POSTABLE_KEYS = 90  # payments that one row tells posting of: one batch of groups to read
FLOW_VERSIONS = 50  # of one flow; three are much
FLOW_SAME_IUV = 200  # lines of one IUV in one flow; more would not fit into one item with the rest
FLOW_ID_CHARS = 70  # 35 is right, but a lying flow is kept too

# --- posting
POSTING_OPS = 88  # of payments and their orders; head, run, sums and a register's row join them
POSTING_CHANGES = 500  # payments of a run whose day, counterpart or account is told one by one
POSTING_PROBLEMS = 500  # that are kept of a run with their reason; all stay open and are listed
POSTABLE_AT_ONCE = 30  # payments that are noticed in one commit: state and entry of each
OPI_ORDERS = 500  # of one flow: some 2 MB of XML, which is signed in memory
OPI_OUTCOME_BYTES = DOCUMENT_BYTES  # as any signed file; some 10,000 outcomes
OPI_UNKNOWN_SHOWN = 200  # outcomes of orders that are none of ours, kept with their message
OPI_REVOCATION_EVERY_S = 900  # longer than a host that failed is left alone
OPI_REVOCATION_FOR_S = 3 * 86_400  # over a week-end; then a person looks at it
TRUSTED_SIGNERS = 10  # of one body's treasurer: some people and their certificates' successors
TRUSTED_SIGNERS_BYTES = 64 * KIB  # some 2 KB each in PEM, with room for what stands around them
OPI_OUTCOMES_AT_ONCE = 45  # of one message in a commit, 2 operations each
EXPORT_PIECE_ROWS = 1_000  # of an export of positions: some 300 KB, read and written in one go
EXPORT_POSITIONS = 200_000  # of one export: some 60 MB, written in one Lambda
BROWSED = 1_000  # orders or entries that one filtered page reads at most: a second of the API
EXPORT_ROWS = 50_000  # of one CSV or XLSX: some seconds of the API's Lambda

# --- registers
REGISTERS_OF_BODY = 10  # read whole for each posting; a body has one or two
REGISTER_FILE_BYTES = 32 * MIB  # 100,000 dues as JSON are some 30 MB
REGISTER_TIMEOUT_S = 20
REGISTER_REPLY_BYTES = 64 * KIB
REGISTER_TRIES = 10  # of one report, some four hours: then a person looks
REGISTER_REPORTED_AT_ONCE = 200  # payments of one report to a register

# --- training events
EVENT_REGISTRATIONS_SHOWN = 500

# --- carriers of notices (sftp, ftps, members, App IO, post)
AREA_TIMEOUT_S = 20  # one answer of a body's server; a worker has time for some more
CARRIERS_OF_BODY = 30  # read whole for their list; a body has some five
INDEX_ROWS = 200_000  # notices on a website's area: some years of the greatest body
MEMBERS_REPLY_BYTES = 64 * KIB
APPIO_REPLY_BYTES = 64 * KIB
APPIO_TIMEOUT_S = 10
POSTAL_DAYS = 25  # from shipping to the due date: what the service of the seed asks for (F001-087)
POSTAL_SAMPLE = 5  # notices that somebody looks at before thousands are printed
POSTAL_ATTACHMENTS = 5
POSTAL_ATTACHMENT_BYTES = 5 * 1000 * 1000
POSTAL_RECIPIENTS = 20_000  # of one order: its package is one ZIP

# --- pagoPA's own services (pagopa.md section 5)
PAGOPA_TIMEOUT_S = 15  # of one call; GPD answers within seconds or not at all
PAGOPA_LEASE_S = 120  # longer than the calls of one telling: while it lasts nobody else tells
PAGOPA_PAUSE_S = 10  # where a 429 does not say for how long; its window is ten seconds
PAGOPA_PAUSE_MAX_S = 3_600
PAGOPA_ROUNDS = 8  # steps of one telling; each instalment paid outside is one
PAGOPA_DETAIL_CHARS = 500  # of what a refusal says
PAGOPA_KEY_CHARS = 200  # a subscription key has 32 digits
PAGOPA_BULK_FROM = 500  # positions of a flow that go as files: one by one they are minutes
PAGOPA_BULK_POSITIONS = 2_000  # of one file: 2 MB of JSON, 200 kB packed; the service takes 5 MB
PAGOPA_BULK_POLL_S = 60
PAGOPA_BULK_AT_ONCE = 24  # outcomes in one commit, 4 operations each
PAGOPA_REPORT_BYTES = 8 * MIB
PAGOPA_LOOK_PAUSE_S = 300  # between two looks for new receipts, however often pages are opened
PAGOPA_LOOK_DAYS = 30  # of the first look
PAGOPA_RECEIPT_PAGE = 100  # the service's greatest
PAGOPA_RECEIPT_BYTES = 1 * MIB
BIZ_CALLS = 10  # of Biz Events in BIZ_WINDOW_S, as its documentation says
BIZ_WINDOW_S = 3_600
