# Everything that make needs: docker build --tag shalelib .
# Not tried yet: written for those who publish the book, on a machine without a container engine.
# docker run --rm --volume "$PWD/results:/book/results" shalelib make book PROFILE=smoke
FROM python:3.11-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /book
COPY . .
RUN make setup
CMD ["make", "book"]
