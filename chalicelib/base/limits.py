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
DELEGATES = 2_000  # grants of one tenant; the greatest practice of the sources has some 40
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
FILE_NAME_CHARS = 255
FILTER_READ_ITEMS = 2_000  # items a filtered page may read before it answers with a cursor

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
