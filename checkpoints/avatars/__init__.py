"""The shipped model: its card, its file, and what made them (data, training, export)"""
