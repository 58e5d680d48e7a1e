//! What the server says and what the participant answers: tracks announced, offers one at a time.

use std::time::Instant;

use str0m::change::SdpAnswer;
use str0m::media::{Direction, MediaKind};
use visio_protocol::wire;

use super::{Participant, Publishing, description, lines};
use crate::shape::Schedule;
use crate::signal::{Request, Response};

impl Participant {
    pub(super) fn handle_response(&mut self, message: Response) -> crate::Result<()> {
        match message {
            Response::Join(join) => {
                self.own_sid = join.participant.unwrap_or_default().sid;
                self.watch(&join.other_participants)?;
                self.announce_tracks()
            }
            Response::Update(update) => self.watch(&update.participants),
            Response::TrackPublished(_) => self.confirm_track(),
            Response::Answer(answer) => self.accept(&answer),
            Response::MediaSectionsRequirement(required) => {
                self.nudged = true;
                self.lines_missing.0 += required.num_audios;
                self.lines_missing.1 += required.num_videos;
                Ok(())
            }
            Response::Leave(leave) => {
                Err(format!("the server ended the session: {:?}", leave.reason()).into())
            }
            _ => Ok(()),
        }
    }

    /// Turns off the cameras beyond the tiles, as a client does that pages its grid.
    fn watch(&mut self, participants: &[wire::ParticipantInfo]) -> crate::Result<()> {
        let others = participants
            .iter()
            .filter(|participant| participant.sid != self.own_sid);
        let tracks = others.flat_map(|participant| &participant.tracks);
        for camera in tracks.filter(|track| track.r#type() == wire::TrackType::Video) {
            if self.cameras.contains(&camera.sid) {
                continue;
            }
            self.cameras.push(camera.sid.clone());
            if self.cameras.len() > self.role.tiles {
                self.signal
                    .send(Request::TrackSetting(wire::UpdateTrackSettings {
                        track_sids: vec![camera.sid.clone()],
                        disabled: true,
                        ..Default::default()
                    }))?;
            }
        }
        Ok(())
    }

    fn announce_tracks(&mut self) -> crate::Result<()> {
        let Some(shape) = self.role.shape else {
            return Ok(());
        };
        let microphone = shape.microphone.then(|| wire::AddTrackRequest {
            cid: "microphone".to_owned(),
            r#type: wire::TrackType::Audio.into(),
            source: wire::TrackSource::Microphone.into(),
            disable_red: true,
            ..Default::default()
        });
        let camera = (shape.frames_per_second > 0).then(|| wire::AddTrackRequest {
            cid: "camera".to_owned(),
            r#type: wire::TrackType::Video.into(),
            source: wire::TrackSource::Camera.into(),
            width: 640,
            height: 480,
            ..Default::default()
        });
        let tracks: Vec<_> = microphone.into_iter().chain(camera).collect();
        self.publishing = Publishing::Announced(u32::try_from(tracks.len())?);
        for track in tracks {
            self.signal.send(Request::AddTrack(track))?;
        }
        Ok(())
    }

    fn confirm_track(&mut self) -> crate::Result<()> {
        if let Publishing::Announced(missing) = &mut self.publishing {
            *missing -= 1;
            if *missing == 0 {
                self.publishing = Publishing::Confirmed;
            }
        }
        Ok(())
    }

    fn accept(&mut self, answer: &wire::SessionDescription) -> crate::Result<()> {
        let Some((id, pending)) = self.pending.take() else {
            return Ok(());
        };
        if id != answer.id {
            self.pending = Some((id, pending));
            return Ok(());
        }
        self.rtc
            .sdp_api()
            .accept_answer(pending, SdpAnswer::from_sdp_string(&answer.sdp)?)?;
        if self.publishing == Publishing::Offered && self.schedule.is_none() {
            let shape = self
                .role
                .shape
                .ok_or("somebody without a shape offered tracks")?;
            self.schedule = Some(Schedule::new(shape, Instant::now(), self.role.phase));
        }
        self.drain()
    }

    /// Offers what has changed, one offer at a time.
    pub(super) fn negotiate(&mut self) -> crate::Result<()> {
        let publish = self.publishing == Publishing::Confirmed;
        if self.pending.is_some() || !(publish || self.nudged) {
            return Ok(());
        }
        let mut api = self.rtc.sdp_api();
        if publish {
            let shape = self
                .role
                .shape
                .ok_or("somebody without a shape announced tracks")?;
            let mut add = |kind, cid: &str| {
                api.add_media(
                    kind,
                    Direction::SendOnly,
                    Some("own".into()),
                    Some(cid.into()),
                    None,
                )
            };
            self.audio = shape
                .microphone
                .then(|| add(MediaKind::Audio, "microphone"));
            self.video = (shape.frames_per_second > 0).then(|| add(MediaKind::Video, "camera"));
            self.publishing = Publishing::Offered;
        }
        let (audios, videos) = std::mem::take(&mut self.lines_missing);
        for kind in lines(audios, videos) {
            self.receiving
                .push(api.add_media(kind, Direction::RecvOnly, None, None, None));
        }
        // "Offer again, nothing is missing": a change to and fro is an offer that changes nothing.
        if std::mem::take(&mut self.nudged)
            && let Some(first) = self.receiving.first()
        {
            api.set_direction(*first, Direction::Inactive);
            api.set_direction(*first, Direction::RecvOnly);
        }
        let Some((offer, pending)) = api.apply() else {
            return Ok(());
        };
        self.offers += 1;
        self.pending = Some((self.offers, pending));
        self.signal
            .send(Request::Offer(description(&offer, self.offers)))
    }
}
