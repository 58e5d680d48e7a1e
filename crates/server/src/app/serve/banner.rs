//! What a person who starts the server reads: which links to open, and what is where.

use crate::app::state::AppState;
use crate::config::{Plan, generated_key_file};
use crate::http::certificate::served_addresses;
use crate::transcription::CaptionsStatus;
use std::io::Write as _;
use std::net::SocketAddr;

pub(super) fn print(plan: &Plan, app: &AppState) {
    // Without a terminal to read it there is nobody to tell.
    let _ = std::io::stdout().write_all(text(plan, &app.captions.borrow()).as_bytes());
}

fn text(plan: &Plan, captions: &CaptionsStatus) -> String {
    let mut lines = vec![format!("Visio {}", env!("CARGO_PKG_VERSION"))];
    if let Some(url) = &plan.http.public_url {
        lines.push(format!("  Open            {url}"));
    }
    let here = format!("http://localhost:{}", plan.http.listen.port());
    lines.push(format!("  On this machine {here}"));
    for url in plan.tls.listen().into_iter().flat_map(network_urls) {
        lines.push(format!("  On the network  {url}"));
    }
    if matches!(plan.tls, crate::config::TlsPlan::SelfSigned { .. }) {
        lines.push(
            "                  (browsers warn once: this server signs for itself)".to_owned(),
        );
    }
    lines.push(format!("  Data folder     {}", plan.data_folder.display()));
    lines.push(match captions {
        CaptionsStatus::Available { .. } => "  Captions        on".to_owned(),
        CaptionsStatus::Unavailable { reason } => format!("  Captions        off: {reason}"),
    });
    lines.push(match plan.api_keys {
        Some(_) => "  API keys        from the settings".to_owned(),
        None => format!(
            "  API key         {}",
            generated_key_file(&plan.data_folder).display()
        ),
    });
    lines.join("\n") + "\n"
}

/// The addresses by which others reach a listener.
fn network_urls(listen: SocketAddr) -> Vec<String> {
    served_addresses(listen)
        .into_iter()
        .map(|ip| format!("https://{}", SocketAddr::new(ip, listen.port())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Settings, plan};

    #[test]
    fn it_tells_where_to_go_and_why_there_are_no_captions() {
        let mut settings = Settings::default();
        settings.tls.listen = "192.168.1.2:8443".to_owned();
        let plan = plan(settings).unwrap();
        let reason = "There is no model.".to_owned();
        let text = text(&plan, &CaptionsStatus::Unavailable { reason });
        assert!(text.contains("http://localhost:8080\n"), "{text}");
        assert!(text.contains("https://192.168.1.2:8443\n"), "{text}");
        assert!(text.contains("off: There is no model."), "{text}");
        assert!(text.contains("./data/api.key"), "{text}");
    }
}
