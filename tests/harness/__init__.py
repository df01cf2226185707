"""What the stories and fault programs need: a real server, its clients and a real browser."""
