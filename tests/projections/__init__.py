"""What people read, against what the facts say."""
