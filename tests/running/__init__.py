"""The examples of docs/running, tried."""
