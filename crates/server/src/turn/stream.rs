//! A client of the relay on a connection of TCP, or of TLS inside it.

use super::Turn;
use super::client::Client;
use crate::clock;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use visio_turn::{FRAME_BYTES_MAX, frame};

/// A connection without an allocation is cut off after so long: clients ask for one at once.
const WITHOUT_ALLOCATION: Duration = Duration::from_secs(30);

/// What waits for the line. Above the first nothing more is taken from the workers, whose packets then wait
/// in the kernel's buffer and are lost when that is full; above the second the client does not read its
/// answers, and is cut off.
const WAITING_BYTES: usize = 16 * 1024;
const WAITING_BYTES_MAX: usize = 64 * 1024;

const READ_BYTES: usize = FRAME_BYTES_MAX;

/// Why a connection is over.
struct Over;

struct Connection<'a> {
    client: Client,
    /// Read, and not a whole frame yet.
    unread: Vec<u8>,
    /// Written, and not taken by the line yet.
    waiting: Vec<u8>,
    /// The line has taken it into a buffer of its own.
    is_flushed: bool,
    on_use: &'a (dyn Fn(bool) -> bool + Sync),
    is_used: bool,
}

impl Turn {
    /// Serves a client until its connection is over. `began` was read already. `on_use` learns when it
    /// gets or loses its allocation, and may say that the connection has no place for that.
    pub async fn serve_stream(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        began: Vec<u8>,
        address: SocketAddr,
        on_use: &(dyn Fn(bool) -> bool + Sync),
    ) {
        let connection = Connection::new(self, began, address, on_use);
        // However it ends, the client asks again on another.
        let Over = connection.run(stream, WITHOUT_ALLOCATION).await;
    }
}

impl<'a> Connection<'a> {
    fn new(
        turn: &Turn,
        began: Vec<u8>,
        address: SocketAddr,
        on_use: &'a (dyn Fn(bool) -> bool + Sync),
    ) -> Self {
        Self {
            client: Client::new(turn, address),
            unread: began,
            waiting: Vec::new(),
            is_flushed: true,
            on_use,
            is_used: false,
        }
    }

    /// `patience` is for a client without an allocation.
    async fn run(
        mut self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        patience: Duration,
    ) -> Over {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let mut buffer = vec![0; READ_BYTES];
        let opened = clock::now();
        loop {
            if self.take_frames().is_err() || self.waiting.len() > WAITING_BYTES_MAX {
                return Over;
            }
            let ends_at = self.client.expires_at();
            let ends_at = ends_at.unwrap_or(opened + patience);
            let socket = self.client.socket().cloned();
            let heard = async {
                match &socket {
                    Some(socket) => socket.readable().await,
                    None => std::future::pending().await,
                }
            };
            let has_to_write = !self.waiting.is_empty() || !self.is_flushed;
            tokio::select! {
                read = reader.read(&mut buffer) => match read {
                    Ok(length @ 1..) => self.unread.extend(buffer.iter().take(length)),
                    _ => return Over,
                },
                written = write_on(&mut writer, &self.waiting), if has_to_write => match written {
                    Ok(length) => {
                        self.is_flushed = length == 0;
                        self.waiting.drain(..length);
                    }
                    Err(_) => return Over,
                },
                () = heard, if self.waiting.len() < WAITING_BYTES => self.hear(),
                () = tokio::time::sleep_until(ends_at.into()) => return Over,
            }
        }
    }

    /// Takes what was read as far as there are whole frames.
    fn take_frames(&mut self) -> Result<(), Over> {
        let mut at = 0;
        loop {
            let rest = self.unread.get(at..).unwrap_or_default();
            let Some(next) = frame(rest).map_err(|_| Over)? else {
                break;
            };
            let bytes = rest.get(..next.bytes).unwrap_or_default();
            if let Some(answer) = self.client.take(bytes) {
                self.waiting.extend(answer);
            }
            at += next.with_padding;
            self.note_use()?;
        }
        self.unread.drain(..at);
        Ok(())
    }

    fn note_use(&mut self) -> Result<(), Over> {
        let is_used = self.client.socket().is_some();
        if is_used != self.is_used {
            self.is_used = is_used;
            return (self.on_use)(is_used).then_some(()).ok_or(Over);
        }
        Ok(())
    }

    /// Takes the workers' packets, as many as may wait.
    fn hear(&mut self) {
        let Some(socket) = self.client.socket().cloned() else {
            return;
        };
        while self.waiting.len() < WAITING_BYTES
            && let Some(heard) = self.client.hear(&socket)
        {
            self.waiting.extend(heard);
            // Frames begin at multiples of four (RFC 8656 section 12.5).
            self.waiting
                .resize(self.waiting.len().next_multiple_of(4), 0);
        }
    }
}

/// Writes what waits, as far as the line takes it; where nothing does, brings it out of the buffer that TLS
/// has of its own. Nothing is lost where this is given up half-way.
async fn write_on(writer: &mut (impl AsyncWrite + Unpin), waiting: &[u8]) -> io::Result<usize> {
    if waiting.is_empty() {
        writer.flush().await?;
        return Ok(0);
    }
    match writer.write(waiting).await? {
        0 => Err(io::ErrorKind::WriteZero.into()),
        length => Ok(length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Settings};

    #[tokio::test]
    async fn who_says_nothing_that_counts_is_cut_off() {
        let plan = config::plan(Settings::default()).unwrap().turn;
        let turn = Turn::new(&plan, &[], &[]);
        let (mut eves, ours) = tokio::io::duplex(256);
        // A binding request: answered, and no reason to stay.
        let binding = [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12]].concat();
        eves.write_all(&binding).await.unwrap();
        let connection =
            Connection::new(&turn, Vec::new(), "192.0.2.66:1".parse().unwrap(), &|_| {
                true
            });
        let Over = connection.run(ours, Duration::from_millis(50)).await;
        let mut answer = Vec::new();
        eves.read_to_end(&mut answer).await.unwrap();
        assert_eq!(answer.len(), 32, "its address");
    }
}
