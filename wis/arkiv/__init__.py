"""The archive: what is taken out as files and read in again, and what is thrown away by decision."""
