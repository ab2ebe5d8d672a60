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
FILTER_READ_ITEMS = 2_000  # items a filtered page may read before it answers with a cursor

# --- customers
CUSTOMER_FISCAL_IDS = 20  # a number and a code; more after mergers. Each is a claim of its own
CUSTOMER_SECTIONS = 50
NOTE_CHARS = 2_000  # a remark; what is longer is a document

# --- outside
HTTP_TIMEOUT_S = 20
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
NOTICE_LOGO_BYTES = 1 * MIB
NOTICE_LOGO_PX = 4_000  # each side; 30 mm at 300 dpi are 354
NOTICE_LOGO_KEPT_PX = 709  # 30 mm at 600 dpi: what is finer only makes each notice heavier
NOTICE_LOGO_TAGS = 5_000  # of an SVG; a coat of arms has some hundred
LINES = 20  # dues in one position: each is an operation of the transaction that places them
FLOW_INSTALMENTS = 70  # with LINES, what one transaction of a position has room for
FLOW_EXCLUDED = 2_000  # dues taken off one list by hand; more is another filter
DUES_ROWS = 100_000  # of one file; the greatest register of Italy has 450,000 members in 102 bodies
DUES_FAULTS = 1_000  # kept of one dry run; whoever has more has chosen the wrong column
DUES_PART_ROWS = 250  # rows of one sealed piece: 1,000 bytes each at worst, below FIELD_BYTES
DUES_AT_ONCE = 25  # in one commit, 3 operations each; divides DUES_PART_ROWS
DUES_MAPPINGS = 50
BODY_SEGREGATIONS = 20  # partners of one body, past ones too: each is a claim in one transaction
BODY_SERVICES = 200  # read whole for each import; a great body has some fifty
TAXONOMY_BYTES = 4 * MIB  # the official list has some 1,500 rows of 500 bytes
TAXONOMY_SHOWN = 50

# --- reconciliation
REMITTANCE_CHARS = 4_000  # of a description; AT-05 has 140, and banks put as much again around it
FLOW_BYTES = 512 * MIB  # 500,000 lines are some 300 MiB as the node writes them
FLOW_PAGE_BYTES = 4 * MIB  # FdR-3: 1,000 payments of some 250 bytes
FLOW_ANOMALIES = 200  # lines that are told with their place; all are counted
STATEMENT_TEXT_CHARS = 4_000  # of a description, whatever columns and rows it is spread over
STATEMENT_PROBLEMS = 200  # rows that cannot be read and are told; all are counted
STATEMENT_PREVIEW_ROWS = 50
CASH_JOURNAL_BYTES = 32 * MIB  # some 15,000 movements, the most that XML_TAGS allows
