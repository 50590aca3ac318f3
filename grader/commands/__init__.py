"""What each command of the command line does. Imported only when the command is called."""
