//! One request to RoomService: token and body in, answer out in the form the body came in.

use super::RoomService;
use super::error::TwirpError;
use crate::calls::Calls;
use crate::clock;
use crate::http::bearer::Bearer;
use crate::http::body::{self, Incomplete};
use axum::RequestExt as _;
use axum::body::Bytes;
use axum::extract::{FromRef, FromRequest, Request};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use prost::Message as ProtobufMessage;
use serde::de::DeserializeOwned;
use visio_livekit::json;
use visio_protocol::token::{self, Claims};

/// What a request is: protobuf with a form in JSON.
pub(crate) trait Message: ProtobufMessage + Default + DeserializeOwned {}

impl<T: ProtobufMessage + Default + DeserializeOwned> Message for T {}

/// A request whose body was read and whose token is yet to be checked.
pub(super) struct Rpc {
    service: RoomService,
    token: String,
    form: Form,
    body: Bytes,
}

/// How a body is written.
#[derive(Clone, Copy)]
enum Form {
    Protobuf,
    Json,
}

impl Rpc {
    /// Does the work and answers.
    pub(super) async fn answer<Request, Answer, Working>(
        self,
        work: impl Fn(Calls, Claims, Request) -> Working,
    ) -> Response
    where
        Request: Message,
        Answer: json::Answer,
        Working: Future<Output = Result<Answer, TwirpError>>,
    {
        let form = self.form;
        match self.done(work).await {
            Ok(answer) => form.write(&answer),
            Err(error) => error.into_response(),
        }
    }

    async fn done<Request, Answer, Working>(
        self,
        work: impl Fn(Calls, Claims, Request) -> Working,
    ) -> Result<Answer, TwirpError>
    where
        Request: Message,
        Working: Future<Output = Result<Answer, TwirpError>>,
    {
        let claims = token::verify(&self.token, &self.service.keys, clock::now_unix_s())
            .map_err(|error| TwirpError::unauthenticated(&error))?;
        let request = self.form.read(&self.body)?;
        work(self.service.calls, claims, request).await
    }
}

impl<S: Send + Sync> FromRequest<S> for Rpc
where
    RoomService: FromRef<S>,
{
    type Rejection = TwirpError;

    async fn from_request(mut request: Request, state: &S) -> Result<Self, TwirpError> {
        let form = Form::named(request.headers())?;
        let Ok(Bearer(token)) = request.extract_parts().await;
        let body = body::read(request, state)
            .await
            .map_err(|incomplete| match incomplete {
                Incomplete::TooLarge => TwirpError::too_large(),
                Incomplete::EndedEarly => TwirpError::malformed("it ended early"),
            })?;
        Ok(Self {
            service: RoomService::from_ref(state),
            token,
            form,
            body,
        })
    }
}

impl Form {
    fn named(headers: &HeaderMap) -> Result<Self, TwirpError> {
        match body::media_type(headers).as_str() {
            "application/protobuf" => Ok(Self::Protobuf),
            "application/json" => Ok(Self::Json),
            _ => Err(TwirpError::malformed(
                "Content-Type must be application/protobuf or application/json",
            )),
        }
    }

    fn read<T: Message>(self, body: &[u8]) -> Result<T, TwirpError> {
        match self {
            Self::Protobuf => T::decode(body).map_err(|error| error.to_string()),
            Self::Json => json::read(body).map_err(|error| error.to_string()),
        }
        .map_err(|problem| TwirpError::malformed(&problem))
    }

    fn write(self, answer: &impl json::Answer) -> Response {
        let (kind, body) = match self {
            Self::Protobuf => ("application/protobuf", answer.encode_to_vec()),
            Self::Json => ("application/json", answer.json().to_string().into_bytes()),
        };
        ([(header::CONTENT_TYPE, kind)], body).into_response()
    }
}
