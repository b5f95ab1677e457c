"""The providers whose lists are compared with what was delivered: one file each."""
