"""Everything that trains, records and reads runs; nothing here knows the screen."""
