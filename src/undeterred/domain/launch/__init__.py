"""Configuration, allocation and ports in; what each process is given out. Values only: nothing is read, opened or started here."""
