"""Many nodes on one machine: a real PostgreSQL, a real Redis or a cluster of them, and servers.

Each a process of its own, on a private port and in a folder that is gone with it, ended by its pid.
"""
