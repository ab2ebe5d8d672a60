"""Documents: intake, reading, holds, signature, SdI, hub, numbering."""
