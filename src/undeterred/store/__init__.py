"""The only room that speaks SQL. It keeps rows and finds them again, on SQLite and PostgreSQL alike; it decides nothing and knows no HTTP.

`db.py` runs transactions (plain functions) in its own threads, `dialect.py` names what differs between the two databases,
`schema/` declares the tables once, a module a noun holds the statements.
"""
