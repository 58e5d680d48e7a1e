//! What becomes of a join request: a place in the meeting, or none.

use super::super::admission::JoinAttempt;
use super::super::end::End;
use super::super::limits::JOIN_SECONDS_MAX;
use super::{Connection, Frame, Presence, broken};
use crate::media::SignalSender;
use std::time::Duration;
use tokio::time::timeout;
use visio_livekit::join;
use visio_meeting::RoomOptions;
use visio_sfu::{PipelinedJoin, Resumption};

/// What became of a join request.
pub(super) enum Handed {
    Over {
        /// What the client sent before it was in.
        early: Option<Frame>,
    },
    /// The client wants to resume a session that cannot have been.
    UnknownSession,
}

impl Connection {
    pub(super) async fn enter(
        &mut self,
        attempt: &JoinAttempt,
        join: visio_meeting::Join,
        sender: SignalSender,
    ) -> Result<Handed, End> {
        let Some(resume) = &attempt.join.resume else {
            let requests = join::early_requests(&attempt.join);
            let options = join::room_options(&attempt.claims);
            let joining = self.join(options, PipelinedJoin { join, requests }, sender);
            let early = timeout(Duration::from_secs(JOIN_SECONDS_MAX), joining).await;
            let early = early.unwrap_or(Err(End::Unserved))?;
            return Ok(Handed::Over { early });
        };
        let Some(sid) = resume.sid.clone() else {
            return Ok(Handed::UnknownSession);
        };
        let resumption = Resumption {
            connection: join.connection,
            identity: join.identity,
            sid,
        };
        let Presence {
            signalling, room, ..
        } = &self.presence;
        signalling.calls.resume(room, resumption, sender)?;
        if let Some(believed) = join::believed(&attempt.join) {
            self.presence.request(believed, Box::new(()))?;
        }
        Ok(Handed::Over { early: None })
    }

    /// Waits until the worker knows who comes in. A page that is closed meanwhile brings
    /// nobody in; what a client says meanwhile is read after it, and nothing more until then.
    async fn join(
        &mut self,
        options: RoomOptions,
        pipelined: PipelinedJoin,
        sender: SignalSender,
    ) -> Result<Option<Frame>, End> {
        let Self {
            presence, socket, ..
        } = self;
        let entering = presence
            .signalling
            .calls
            .enter(&presence.room, options, pipelined, sender);
        tokio::pin!(entering);
        let early = tokio::select! {
            entered = &mut entering => return Ok(entered.map(|()| None)?),
            frame = socket.recv() => match frame {
                Some(Ok(Frame::Close(_))) | None => return Err(End::Closed),
                Some(Err(error)) => return Err(broken(&error)),
                Some(Ok(frame)) => frame,
            },
        };
        entering.await?;
        Ok(Some(early))
    }
}
