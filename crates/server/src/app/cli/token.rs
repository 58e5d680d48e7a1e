//! `visio token`

use super::{Failure, SettingsArgs, duration_s, pair, terminal};
use crate::config::Plan;
use crate::{api_keys, clock, files};
use clap::{Args, Subcommand};
use visio_protocol::token::{self, ApiKeys, Claims, VideoGrant};

/// The longest life of a token: what a day of work needs; one that leaks must not last.
const TTL_S_MAX: i64 = 365 * 86_400;

#[derive(Subcommand)]
pub(super) enum TokenCommand {
    /// Print a token for one participant of one room, or for a program
    Create(CreateArgs),
}

#[derive(Args)]
pub(super) struct CreateArgs {
    /// The room to join or to moderate
    #[arg(long)]
    room: Option<String>,
    /// Who the participant is, unique in the room
    #[arg(long)]
    identity: String,
    /// What others see
    #[arg(long, default_value = "")]
    name: String,
    /// How long the token holds, such as 90s, 30m, 6h or 7d
    #[arg(long, default_value = "6h", value_parser = ttl_s)]
    ttl: i64,
    /// Text that other participants can read
    #[arg(long, default_value = "")]
    metadata: String,
    /// Attributes that other participants can read
    #[arg(long = "attribute", value_name = "KEY=VALUE", value_parser = pair)]
    attributes: Vec<(String, String)>,
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    can_publish: bool,
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    can_subscribe: bool,
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    can_publish_data: bool,
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    can_update_own_metadata: bool,
    /// Only these sources: camera, microphone, screen_share, screen_share_audio
    #[arg(long, value_name = "SOURCE")]
    can_publish_source: Vec<String>,
    /// Present without being shown to others
    #[arg(long)]
    hidden: bool,
    /// May moderate the room
    #[arg(long)]
    room_admin: bool,
    /// May make and end rooms
    #[arg(long)]
    room_create: bool,
    /// May list rooms
    #[arg(long)]
    room_list: bool,
    /// The API key to sign with, if there are several
    #[arg(long, value_name = "NAME")]
    api_key: Option<String>,
}

pub(super) fn run(settings: &SettingsArgs, command: TokenCommand) -> Result<(), Failure> {
    let TokenCommand::Create(args) = command;
    if let Some(problem) = problem(&args) {
        return Err(problem.into());
    }
    let keys = keys(settings.plan()?)?;
    let key = args
        .api_key
        .clone()
        .or_else(|| keys.first().map(str::to_owned));
    let key = key.ok_or("there is no API key")?;
    let token = token::sign(&claims(args, clock::now_unix_s()), &keys, &key)?;
    terminal::say(&format!("{token}\n"))
}

/// Why the token would be worth nothing.
fn problem(args: &CreateArgs) -> Option<&'static str> {
    let is_empty = |text: &str| text.trim().is_empty();
    let for_programs = args.room_admin || args.room_create || args.room_list;
    if is_empty(&args.identity) {
        Some("--identity is empty: say who the token is for")
    } else if args.room.as_deref().is_some_and(is_empty) {
        Some("--room is empty: say which room the token is for")
    } else if args.room.is_none() && !for_programs {
        Some(
            "the token would allow nothing: add --room for somebody who joins, or --room-admin, \
             --room-create or --room-list for a program",
        )
    } else {
        None
    }
}

fn keys(plan: Plan) -> Result<ApiKeys, Failure> {
    files::create_private_folder(&plan.data_folder)?;
    Ok(api_keys::load_or_create(plan.api_keys, &plan.data_folder)?)
}

fn claims(args: CreateArgs, now_s: i64) -> Claims {
    let grant = VideoGrant {
        room_join: args.room.is_some(),
        room: args.room.unwrap_or_default(),
        can_publish: Some(args.can_publish),
        can_subscribe: Some(args.can_subscribe),
        can_publish_data: Some(args.can_publish_data),
        can_publish_sources: args.can_publish_source,
        can_update_own_metadata: Some(args.can_update_own_metadata),
        hidden: args.hidden,
        room_admin: args.room_admin,
        room_create: args.room_create,
        room_list: args.room_list,
        ..VideoGrant::default()
    };
    Claims {
        sub: args.identity,
        name: args.name,
        metadata: args.metadata,
        attributes: args.attributes.into_iter().collect(),
        nbf: Some(now_s),
        exp: Some(now_s + args.ttl),
        video: Some(grant),
        ..Claims::default()
    }
}

fn ttl_s(text: &str) -> Result<i64, String> {
    let seconds = duration_s(text)?;
    (seconds <= TTL_S_MAX)
        .then_some(seconds)
        .ok_or_else(|| "write at most 365d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::cli::{Cli, Command};
    use clap::Parser as _;

    fn typed(flags: &[&str]) -> CreateArgs {
        let line = ["visio", "token", "create"].iter().chain(flags);
        let Some(Command::Token(TokenCommand::Create(args))) = Cli::parse_from(line).command else {
            panic!("it is a token command")
        };
        args
    }

    fn made(flags: &[&str]) -> Claims {
        let args = typed(&[&["--identity", "bob"], flags].concat());
        assert_eq!(problem(&args), None);
        claims(args, 1_000)
    }

    #[test]
    fn a_token_that_allows_nothing_is_not_made() {
        for flags in [
            &["--identity", "bob"][..],
            &["--identity", "bob", "--room", ""],
            &["--identity", " ", "--room", "demo"],
        ] {
            assert!(problem(&typed(flags)).is_some(), "{flags:?}");
        }
        assert_eq!(problem(&typed(&["--identity", "bot", "--room-list"])), None);
    }

    #[test]
    fn bob_gets_a_token_for_the_room_with_the_rights_of_a_guest() {
        let claims = made(&["--room", "demo", "--name", "Bob", "--ttl", "30m"]);
        assert_eq!((claims.sub.as_str(), claims.name.as_str()), ("bob", "Bob"));
        assert_eq!((claims.nbf, claims.exp), (Some(1_000), Some(2_800)));
        let (room, grant) = claims.room_to_join().unwrap();
        assert_eq!(room, "demo");
        assert!(grant.may_publish() && grant.may_subscribe() && grant.may_publish_data());
        assert!(!grant.room_admin && !grant.room_list && !grant.room_create && !grant.hidden);
    }

    #[test]
    fn rights_can_be_taken_and_given() {
        let claims = made(&["--room", "demo", "--can-publish", "false", "--room-admin"]);
        let grant = claims.video.unwrap();
        assert!(!grant.may_publish() && grant.room_admin);
        let program = made(&["--room-list"]).video.unwrap();
        assert!(program.room_list && !program.room_join);
    }

    #[test]
    fn a_token_lives_a_year_at_most() {
        assert_eq!(ttl_s("365d"), Ok(TTL_S_MAX));
        assert!(ttl_s("366d").is_err());
    }
}
