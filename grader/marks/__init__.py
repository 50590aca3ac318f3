"""Marks that people give: kept for ever, replayed in order, as a table for spreadsheets."""
