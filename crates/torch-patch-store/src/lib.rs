//! Lock, backups, ledger and atomic replacement of files below one root.
