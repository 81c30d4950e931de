"""The page: one file a panel. With app.py, the only code that knows gradio."""
