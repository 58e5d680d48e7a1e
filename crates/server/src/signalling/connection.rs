//! The one task of a signal connection: frames in, messages out, pings, new tokens, and an end.

mod entering;

use super::Signalling;
use super::admission::JoinAttempt;
use super::end::End;
use super::keepalive::{Due, Keepalive};
use super::limits::{GOODBYE_SECONDS_MAX, TICK_SECONDS, UNREAD_SECONDS_MAX, WRITE_SECONDS_MAX};
use super::message_budget::MessageBudget;
use super::refresh::Renewal;
use super::settling::Settling;
use super::unread::Unread;
use super::websocket::WebSocket;
use crate::clock;
use crate::media::{Next, SignalReceiver, Underway, signal_queue};
use crate::turn::{Holding, Way};
use axum::body::Bytes;
use entering::Handed;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_tungstenite::tungstenite::protocol::Message as Frame;
use tokio_tungstenite::tungstenite::{Error, Result as Read};
use visio_livekit::decode::{self, Decoded};
use visio_livekit::encode::{self, Listener, RelayAccess};
use visio_livekit::join;
use visio_meeting::{ConnectionId, LeaveReason, Notice};
use visio_protocol::limits::SIGNAL_MESSAGE_BYTES_MAX;
use visio_protocol::names::RoomName;
use visio_sfu::{ClientMessage, Request};

/// Lives as long as its task, also through a panic: the worker always learns of the end.
struct Presence {
    signalling: Signalling,
    room: RoomName,
    connection: ConnectionId,
    _relay: Holding,
}

impl Presence {
    fn request(&self, request: Request, underway: Underway) -> Result<(), End> {
        let calls = &self.signalling.calls;
        Ok(calls.request(&self.room, self.connection, request, underway)?)
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        // A worker whose inbox is full learns it when it next has something to tell this client.
        let _ = self.signalling.calls.lost(&self.room, self.connection);
        metrics::gauge!("visio_signal_connections").decrement(1.0);
    }
}

struct Connection {
    receiver: SignalReceiver,
    presence: Presence,
    socket: WebSocket,
    listener: Listener,
    renewal: Renewal,
    keepalive: Keepalive,
    settling: Settling,
    budget: MessageBudget,
    unread: Unread,
}

pub(super) async fn serve(
    signalling: Signalling,
    attempt: JoinAttempt,
    way: &Way,
    socket: WebSocket,
) {
    let connection = signalling.next_connection();
    let join = join::join(connection, &attempt.claims, &attempt.grant, &attempt.join);
    let relay = signalling.turn.access(way, &attempt.room, &join.identity);
    metrics::gauge!("visio_signal_connections").increment(1.0);
    let presence = Presence {
        signalling,
        room: attempt.room.clone(),
        connection,
        _relay: relay.holding,
    };
    let (sender, receiver) = signal_queue();
    let listener = Listener {
        mode: join.mode,
        protocol: attempt.join.client.protocol,
        sif_trailer: presence.signalling.sif_trailer,
        relay: Some(RelayAccess {
            urls: relay.urls,
            username: relay.username,
            password: relay.password,
        }),
    };
    let mut connection = Connection {
        presence,
        socket,
        receiver,
        listener,
        renewal: Renewal::of(attempt.claims.clone(), attempt.grant.clone()),
        keepalive: Keepalive::default(),
        settling: Settling::of(&attempt.join),
        budget: MessageBudget::new(),
        unread: Unread::new(),
    };
    let handed = connection.enter(&attempt, join, sender).await;
    drop(attempt);
    let end = match handed {
        Ok(Handed::Over { early }) => connection.run(early).await,
        Ok(Handed::UnknownSession) => connection.reject_resume().await,
        Err(end) => end,
    };
    connection.close(end).await;
}

impl Connection {
    async fn run(&mut self, early: Option<Frame>) -> End {
        if let Some(frame) = early
            && let Err(end) = self.on_frame(Some(Ok(frame))).await
        {
            return end;
        }
        let mut ticks = interval(Duration::from_secs(TICK_SECONDS));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.reset();
        loop {
            let step = tokio::select! {
                next = self.receiver.next(), if !self.settling.holds_messages() => self.on_next(next).await,
                () = self.settling.timeout() => { self.settling.end(); Ok(()) }
                frame = self.socket.recv() => self.on_frame(frame).await,
                _ = ticks.tick() => self.on_tick().await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn on_next(&mut self, next: Next) -> Result<(), End> {
        let message = match next {
            Next::Message(message) => message,
            Next::End => return Err(End::HungUp),
            Next::Overflow => return Err(End::Slow),
        };
        let outdated = if let Some(notice) = message.notice() {
            self.renewal.observe(notice)
        } else {
            if !matches!(message, ClientMessage::Answer { .. }) {
                self.budget.ask_for_description();
            }
            false
        };
        if let Some(message) = encode::message(message, &self.listener) {
            self.say(message).await?;
        }
        if self.keepalive.is_first_answer() || outdated {
            self.refresh_token().await?;
        }
        self.settling.on_joined(clock::now());
        Ok(())
    }

    async fn on_frame(&mut self, frame: Option<Read<Frame>>) -> Result<(), End> {
        self.keepalive.on_frame();
        self.settling.end();
        match frame {
            Some(Ok(Frame::Binary(bytes))) => self.on_message(bytes).await,
            // Text frames are JSON of clients that no longer exist; tungstenite answers pings.
            Some(Ok(Frame::Text(_) | Frame::Ping(_) | Frame::Pong(_) | Frame::Frame(_))) => {
                self.budget.spend()
            }
            Some(Ok(Frame::Close(_))) | None => Err(End::Closed),
            Some(Err(error)) => Err(broken(&error)),
        }
    }

    async fn on_message(&mut self, bytes: Bytes) -> Result<(), End> {
        self.budget.spend()?;
        if bytes.len() > SIGNAL_MESSAGE_BYTES_MAX {
            return Err(End::TooLong);
        }
        match decode::read(&bytes) {
            Decoded::Request(request) => {
                if matches!(request, Request::Offer { .. } | Request::Answer { .. }) {
                    self.budget.spend_on_description()?;
                }
                let underway = self.room_for(bytes.len()).await?;
                self.presence.request(request, underway)
            }
            Decoded::Ping => self.say(encode::pong(clock::system_unix_ms())).await,
            Decoded::PingRequest { timestamp_ms } => {
                let response = encode::ping_response(timestamp_ms, clock::system_unix_ms());
                self.say(response).await
            }
            Decoded::Refused(complaint) => self.say(encode::complaint(complaint)).await,
            Decoded::Ignored(what) => {
                tracing::debug!(what, "a signal message was passed over");
                Ok(())
            }
            Decoded::Fatal(reason) => Err(End::Malformed(reason)),
        }
    }

    /// Room for a message among those that wait for the worker.
    async fn room_for(&mut self, bytes: usize) -> Result<Underway, End> {
        let within = Duration::from_secs(UNREAD_SECONDS_MAX);
        tokio::select! {
            room = timeout(within, self.unread.room_for(bytes)) => match room {
                Ok(room) => Ok(Box::new(room)),
                Err(_) => Err(End::Unserved),
            },
            () = self.receiver.overflow() => Err(End::Slow),
        }
    }

    async fn on_tick(&mut self) -> Result<(), End> {
        self.budget.tick();
        if self.keepalive.tick()? == Due::PingAndToken {
            self.refresh_token().await?;
        }
        self.write(Frame::Ping(Bytes::new())).await
    }

    async fn refresh_token(&mut self) -> Result<(), End> {
        match self
            .renewal
            .token(&self.presence.signalling.keys, clock::now_unix_s())
        {
            Ok(token) => self.say(encode::refresh_token(token)).await,
            Err(error) => {
                tracing::warn!(%error, "a client's token could not be renewed");
                Ok(())
            }
        }
    }

    /// The session to resume never was: the client is to join again.
    async fn reject_resume(&mut self) -> End {
        let reason = LeaveReason::StateMismatch;
        let leave = ClientMessage::Notice(Notice::Leave { reason });
        let leave = encode::message(leave, &self.listener);
        match leave {
            Some(leave) => self.say(leave).await.err().unwrap_or(End::HungUp),
            None => End::HungUp,
        }
    }

    async fn say(&mut self, message: impl Into<Bytes>) -> Result<(), End> {
        self.write(Frame::Binary(message.into())).await
    }

    async fn write(&mut self, frame: Frame) -> Result<(), End> {
        let within = Duration::from_secs(WRITE_SECONDS_MAX);
        tokio::select! {
            sent = timeout(within, self.socket.send(frame)) => match sent {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) => Err(End::Broken),
                Err(_) => Err(End::Slow),
            },
            () = self.receiver.overflow() => Err(End::Slow),
        }
    }

    async fn close(mut self, end: End) {
        metrics::counter!("visio_signal_ended_total", "reason" => end.label()).increment(1);
        tracing::debug!(
            connection = self.presence.connection.0,
            reason = end.label(),
            "signal connection ended"
        );
        if let Some(frame) = end.frame() {
            // The client may be gone already; there is nobody else to tell.
            let within = Duration::from_secs(GOODBYE_SECONDS_MAX);
            let _ = timeout(within, self.socket.send(Frame::Close(Some(frame)))).await;
        }
    }
}

/// A message above the limit of the WebSocket itself is read as an error.
fn broken(error: &Error) -> End {
    match error {
        Error::Capacity(_) => End::TooLong,
        _ => End::Broken,
    }
}
