//! New tokens for a client that stays longer than its token lives, saying what holds by then.

use super::limits::REFRESHED_TOKEN_SECONDS;
use visio_meeting::{Notice, ParticipantView, Permissions, Source};
use visio_protocol::ids::ParticipantSid;
use visio_protocol::token::{ApiKeys, Claims, TokenError, VideoGrant, sign};

/// The claims of a client's next token.
#[derive(Debug)]
pub(super) struct Renewal {
    claims: Claims,
    grant: VideoGrant,
    me: Option<ParticipantSid>,
}

impl Renewal {
    pub(super) fn of(claims: Claims, grant: VideoGrant) -> Self {
        // What a moderator says holds against older tokens: a renewed one is as old as the first.
        let claims = Claims {
            first_issued: claims.first_issued.or(claims.nbf),
            ..claims
        };
        Self {
            claims,
            grant,
            me: None,
        }
    }

    /// Learns from what the client is told about itself: a new name or a permission taken away
    /// must not come back with the client's next token. Answers whether the client needs that token at
    /// once, because its present one says something else.
    pub(super) fn observe(&mut self, notice: &Notice) -> bool {
        match notice {
            Notice::Joined(welcome) => self.adopt_first(&welcome.me),
            Notice::Resumed { me, .. } => self.adopt_first(me),
            Notice::Participants(views) => {
                let me = views
                    .iter()
                    .rfind(|view| self.me.as_ref() == Some(&view.sid));
                me.is_some_and(|me| self.adopt(me))
            }
            _ => false,
        }
    }

    pub(super) fn token(&mut self, keys: &ApiKeys, now_unix: i64) -> Result<String, TokenError> {
        // Without `nbf`: a clock that is set back would make the token worthless until then.
        self.claims.nbf = None;
        self.claims.exp = Some(now_unix + REFRESHED_TOKEN_SECONDS);
        self.claims.video = Some(self.grant.clone());
        sign(&self.claims, keys, &self.claims.iss)
    }

    /// The first message on a connection says who its client is in the meeting.
    fn adopt_first(&mut self, me: &ParticipantView) -> bool {
        self.me = Some(me.sid.clone());
        self.adopt(me)
    }

    /// Takes over what the client is told of itself; whether its present token says something else.
    fn adopt(&mut self, me: &ParticipantView) -> bool {
        let mut grant = self.grant.clone();
        adopt_permissions(&mut grant, &me.permissions);
        let claims = &mut self.claims;
        let is_new = claims.name != me.name
            || claims.metadata != me.metadata
            || claims.attributes != me.attributes
            || grant != self.grant;
        claims.name.clone_from(&me.name);
        claims.metadata.clone_from(&me.metadata);
        claims.attributes.clone_from(&me.attributes);
        self.grant = grant;
        is_new
    }
}

fn adopt_permissions(grant: &mut VideoGrant, permissions: &Permissions) {
    grant.can_publish = Some(permissions.can_publish);
    grant.can_subscribe = Some(permissions.can_subscribe);
    grant.can_publish_data = Some(permissions.can_publish_data);
    grant.can_update_own_metadata = Some(permissions.can_update_metadata);
    grant.can_publish_sources = permissions
        .publish_sources
        .iter()
        .map(|&source| name(source).to_owned())
        .collect();
    grant.hidden = permissions.hidden;
    grant.recorder = permissions.recorder;
    grant.agent = permissions.agent;
    grant.room_admin = permissions.room_admin;
}

fn name(source: Source) -> &'static str {
    match source {
        Source::Unknown => "unknown",
        Source::Camera => "camera",
        Source::Microphone => "microphone",
        Source::ScreenShare => "screen_share",
        Source::ScreenShareAudio => "screen_share_audio",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use visio_protocol::names::Identity;
    use visio_protocol::token::verify;

    fn view(name: &str, permissions: Permissions) -> ParticipantView {
        ParticipantView {
            sid: ParticipantSid::new(1),
            identity: Identity::new("dave"),
            name: name.into(),
            metadata: String::new(),
            attributes: std::collections::BTreeMap::new(),
            state: visio_meeting::ParticipantState::Active,
            version: 1,
            joined_at_ms: 0,
            permissions,
            kind: visio_meeting::ParticipantKind::Standard,
            tracks: vec![],
            client_protocol: 0,
            capabilities: vec![],
        }
    }

    fn permissions(can_publish: bool) -> Permissions {
        Permissions {
            can_publish,
            publish_sources: vec![Source::ScreenShare],
            can_update_metadata: false,
            ..visio_fixtures::guest()
        }
    }

    /// A moderator's word holds against tokens issued before it: a renewed token must not look older
    /// than the one by which its client came in.
    #[test]
    fn a_renewed_token_is_as_old_as_the_one_before() {
        let keys = ApiKeys::parse("devkey: secret_secret_secret_secret_secret").unwrap();
        let claims = Claims {
            iss: "devkey".into(),
            sub: "dave".into(),
            nbf: Some(1_000),
            ..Claims::default()
        };
        let mut renewal = Renewal::of(claims, VideoGrant::default());
        let next = renewal.token(&keys, 2_000).unwrap();
        let next = verify(&next, &keys, 2_000).unwrap();
        assert_eq!((next.nbf, next.first_issued), (None, Some(1_000)));
        let mut renewal = Renewal::of(next, VideoGrant::default());
        let last = renewal.token(&keys, 2_300).unwrap();
        assert_eq!(
            verify(&last, &keys, 2_300).unwrap().first_issued,
            Some(1_000)
        );
    }

    /// Dave's host took a right from him; his next token must not give it back.
    #[test]
    fn daves_next_token_grants_what_he_may_by_then() {
        let keys = ApiKeys::parse("devkey: secret_secret_secret_secret_secret").unwrap();
        let claims = Claims {
            iss: "devkey".into(),
            sub: "dave".into(),
            ..Claims::default()
        };
        let grant = VideoGrant {
            room_join: true,
            room: "tea".into(),
            ..VideoGrant::default()
        };
        let mut renewal = Renewal::of(claims, grant);
        renewal.observe(&Notice::Resumed {
            last_data_sequence: 0,
            me: Box::new(view("Dave", permissions(false))),
        });
        let first = renewal.token(&keys, 1000).unwrap();
        let (_, grant) = verify(&first, &keys, 1000)
            .unwrap()
            .room_to_join()
            .map(|(room, grant)| (room.to_owned(), grant.clone()))
            .unwrap();
        assert!(
            !grant.may_publish(),
            "the first words after a resume already say so"
        );
        let former_stay = ParticipantView {
            sid: ParticipantSid::new(2),
            ..view("Dave the First", permissions(true))
        };
        let stays = vec![view("David", permissions(false)), former_stay];
        let update = Notice::Participants(stays);
        assert!(renewal.observe(&update), "a new name needs a new token");
        assert!(!renewal.observe(&update), "which says it already");
        let silenced = vec![view("David", permissions(true))];
        assert!(renewal.observe(&Notice::Participants(silenced)));
        let silenced = vec![view("David", permissions(false))];
        assert!(renewal.observe(&Notice::Participants(silenced)));
        let token = renewal.token(&keys, 1000).unwrap();
        let claims = verify(&token, &keys, 1000).unwrap();
        assert_eq!(
            (claims.sub.as_str(), claims.name.as_str()),
            ("dave", "David")
        );
        assert_eq!(claims.exp, Some(1000 + REFRESHED_TOKEN_SECONDS));
        let (room, grant) = claims.room_to_join().unwrap();
        assert_eq!((room, grant.may_publish()), ("tea", false));
        assert_eq!(grant.can_publish_sources, ["screen_share"]);
    }
}
