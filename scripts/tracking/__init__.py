"""Parts of ``scripts/bench_tracking.py``: scenes with exact truth, and what extraction made of them."""
