"""What ``bench_shots.py`` is made of: clips with known transitions, and the score."""
