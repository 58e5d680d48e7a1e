//! `visio serve`

use super::{Failure, SettingsArgs};
use crate::app::serve;
use clap::Args;

#[derive(Args, Default)]
pub(super) struct ServeArgs {
    /// Address and port without TLS, short for --set server.listen=ADDRESS
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

pub(super) fn run(mut settings: SettingsArgs, args: ServeArgs) -> Result<(), Failure> {
    settings.set.extend(
        args.listen
            .map(|listen| ("server.listen".to_owned(), listen)),
    );
    let plan = settings.plan()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(Box::pin(serve::serve(plan)))?)
}
