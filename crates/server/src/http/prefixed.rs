//! A stream of which the first bytes were read already, to see what is spoken on it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

/// Most of what a client says first comes in one piece.
const FIRST_BYTES: usize = 1024;

pub(super) struct Prefixed<S> {
    /// Read from the stream and not from here yet.
    first: Vec<u8>,
    stream: S,
}

impl<S: AsyncRead + Unpin> Prefixed<S> {
    /// Waits for the first bytes; `None` where the client closes before it says anything.
    pub(super) async fn begin(mut stream: S) -> io::Result<Option<Self>> {
        let mut first = vec![0; FIRST_BYTES];
        let length = stream.read(&mut first).await?;
        first.truncate(length);
        first.shrink_to_fit();
        Ok((length > 0).then_some(Self { first, stream }))
    }

    /// By what it begins.
    pub(super) fn first_byte(&self) -> u8 {
        self.first.first().copied().unwrap_or_default()
    }

    /// What was read, and the rest.
    pub(super) fn into_parts(self) -> (Vec<u8>, S) {
        (self.first, self.stream)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Prefixed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        read: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.first.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, read);
        }
        let length = self.first.len().min(read.remaining());
        for byte in self.first.drain(..length) {
            read.put_slice(&[byte]);
        }
        if self.first.is_empty() {
            self.first = Vec::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Prefixed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
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
    use tokio::io::AsyncWriteExt as _;

    #[tokio::test]
    async fn what_was_looked_at_is_read_again_and_the_rest_after_it() {
        let (mut bobs, ours) = tokio::io::duplex(64);
        bobs.write_all(b"hello").await.unwrap();
        let mut ours = Prefixed::begin(ours).await.unwrap().unwrap();
        assert_eq!(ours.first_byte(), b'h');
        bobs.write_all(b" Bob").await.unwrap();
        drop(bobs);
        let mut piece = [0; 4];
        ours.read_exact(&mut piece).await.unwrap();
        assert_eq!(&piece, b"hell");
        let mut rest = String::new();
        ours.read_to_string(&mut rest).await.unwrap();
        assert_eq!(rest, "o Bob");
    }

    #[tokio::test]
    async fn who_says_nothing_begins_nothing() {
        let (bobs, ours) = tokio::io::duplex(64);
        drop(bobs);
        assert!(Prefixed::begin(ours).await.unwrap().is_none());
    }
}
