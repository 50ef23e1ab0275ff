"""The steps of ``scripts/train_bundled.py``; nothing outside that script imports them."""
