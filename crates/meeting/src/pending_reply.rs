//! What a client waits for after it asked: a refusal that is not answered would leave it waiting.

use crate::command::Command;
use crate::leave::Refusal;
use crate::notice::{Notice, Response};

pub(crate) enum PendingReply {
    Response { request: u32 },
    Publication { cid: String },
}

impl PendingReply {
    pub(crate) fn to(command: &Command) -> Option<Self> {
        match command {
            Command::UpdateMetadata { request, .. } => Some(Self::Response { request: *request }),
            Command::AddTrack(add) => Some(Self::Publication {
                cid: add.cid.clone(),
            }),
            Command::AddBackup(add) => Some(Self::Publication {
                cid: add.cid.clone(),
            }),
            _ => None,
        }
    }

    pub(crate) fn refused(self, refusal: Refusal) -> Notice {
        match self {
            Self::Response { request } => Notice::Response {
                request,
                response: Response::Refused(refusal),
            },
            Self::Publication { cid } => Notice::TrackRefused { cid, refusal },
        }
    }
}
