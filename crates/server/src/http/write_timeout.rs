//! A stream that ends when what is written to it stands still: hyper waits for ever for a client
//! that asks and does not read.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

pub(super) struct WriteTimeout<S, H> {
    stream: S,
    /// What the connection holds as long as it is open, be it as a WebSocket.
    _held: H,
    within: Duration,
    /// Runs while a write waits; any byte that leaves ends it.
    stuck: Option<Pin<Box<Sleep>>>,
}

impl<S, H> WriteTimeout<S, H> {
    pub(super) fn new(stream: S, within: Duration, held: H) -> Self {
        Self {
            stream,
            _held: held,
            within,
            stuck: None,
        }
    }

    fn watch<T>(
        &mut self,
        cx: &mut Context<'_>,
        polled: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.stuck = None;
            return polled;
        }
        let within = self.within;
        let stuck = self
            .stuck
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(within)));
        stuck
            .as_mut()
            .poll(cx)
            .map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin, H: Unpin> AsyncRead for WriteTimeout<S, H> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        read: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, read)
    }
}

impl<S: AsyncWrite + Unpin, H: Unpin> AsyncWrite for WriteTimeout<S, H> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.watch(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn eve_asks_and_does_not_read_and_is_cut_off() {
        let (ours, _eves) = tokio::io::duplex(16);
        let mut ours = WriteTimeout::new(ours, Duration::from_millis(20), ());
        let ended = ours.write_all(&[7; 64]).await.unwrap_err();
        assert_eq!(ended.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn bob_reads_slowly_and_gets_all() {
        let (ours, mut bobs) = tokio::io::duplex(16);
        let mut ours = WriteTimeout::new(ours, Duration::from_secs(5), ());
        let writing = tokio::spawn(async move { ours.write_all(&[7; 64]).await });
        let mut read: Vec<u8> = Vec::new();
        while read.len() < 64 {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let mut piece = [0; 8];
            let length = bobs.read(&mut piece).await.unwrap();
            read.extend(&piece[..length]);
        }
        writing.await.unwrap().unwrap();
        assert_eq!(read, [7; 64]);
    }
}
