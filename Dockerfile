# The explorer on a CPU: docker build -t explorer . && docker run -p 7860:7860 explorer
# Checkpoints of your own: -v /path/to/checkpoints:/models:ro, and `--checkpoint /models` at the end.
FROM python:3.12-slim

RUN useradd --create-home --uid 1000 explorer
WORKDIR /app

# torch for a CPU, a tenth of the size of the one for CUDA; with a GPU leave the extra index out.
COPY requirements.txt .
RUN pip install --no-cache-dir --extra-index-url https://download.pytorch.org/whl/cpu -r requirements.txt

COPY app.py LICENSE ./
COPY explorer explorer
COPY checkpoints checkpoints

USER explorer
ENV PYTHONUNBUFFERED=1 GRADIO_ANALYTICS_ENABLED=False
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/', timeout=4)"]
ENTRYPOINT ["python", "app.py", "--host", "0.0.0.0", "--port", "7860"]
