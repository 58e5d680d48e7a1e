//! What leaves a call: outputs for the worker, routes for its demultiplexer, observations for the
//! meeting.

use crate::audio::tap::TapEvent;
use crate::demux::{CallId, Demux, Route};
use crate::output::{ClientMessage, Output};
use crate::parts::peer::Side;
use crate::transport::ids::Ssrc;
use std::collections::VecDeque;
use visio_meeting::{ConnectionId, Observation, ParticipantId};

pub(crate) struct Out {
    call: CallId,
    pub(crate) outputs: VecDeque<Output>,
    routes: Vec<RouteChange>,
    observations: VecDeque<Observation>,
}

enum RouteChange {
    Learn { ufrag: String, route: Route },
    LearnStream { ssrc: Ssrc, route: Route },
    Forget(Route),
}

impl Out {
    pub(crate) fn new(call: CallId) -> Self {
        Self {
            call,
            outputs: VecDeque::new(),
            routes: Vec::new(),
            observations: VecDeque::new(),
        }
    }

    pub(crate) fn client(&mut self, connection: ConnectionId, message: ClientMessage) {
        self.outputs.push_back(Output::Client {
            connection,
            message,
        });
    }

    pub(crate) fn tap(&mut self, event: TapEvent) {
        self.outputs.push_back(Output::Tap(event));
    }

    /// The meeting learns of it before the next effect is applied.
    pub(crate) fn observe(&mut self, observation: Observation) {
        self.observations.push_back(observation);
    }

    pub(crate) fn next_observation(&mut self) -> Option<Observation> {
        self.observations.pop_front()
    }

    /// Checks that name `ufrag` are for that transport.
    pub(crate) fn learn_route(&mut self, participant: ParticipantId, side: Side, ufrag: String) {
        let route = self.route(participant, side);
        self.routes.push(RouteChange::Learn { ufrag, route });
    }

    /// Packets of a stream come on that transport, from whichever address.
    pub(crate) fn learn_stream(&mut self, ssrc: Ssrc, route: Route) {
        self.routes.push(RouteChange::LearnStream { ssrc, route });
    }

    pub(crate) fn forget_route(&mut self, participant: ParticipantId, side: Side) {
        let route = self.route(participant, side);
        self.routes.push(RouteChange::Forget(route));
    }

    pub(crate) fn apply_route_changes(&mut self, demux: &mut Demux) {
        for change in self.routes.drain(..) {
            match change {
                RouteChange::Learn { ufrag, route } => demux.learn_ufrag(ufrag, route),
                RouteChange::LearnStream { ssrc, route } => demux.learn_stream(ssrc, route),
                RouteChange::Forget(route) => demux.forget(route),
            }
        }
    }

    fn route(&self, participant: ParticipantId, side: Side) -> Route {
        Route {
            call: self.call,
            participant,
            side,
        }
    }
}
