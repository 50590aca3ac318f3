"""Which submissions have code in common that most of the class has not: for a person, never a mark."""
