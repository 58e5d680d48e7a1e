//! The settings of livekit-server, taken where they mean the same here; for the others the text says
//! which setting of ours to use.

use super::ConfigError;
use serde_json::Value;

/// What a key of LiveKit becomes.
enum Fate {
    /// Settings of ours.
    Settings(Vec<(String, String)>),
    /// What we do anyway.
    Same,
    /// What to do about it.
    Advice(&'static str),
}

/// Whether a text has the look of LiveKit's YAML rather than of our TOML: a key with a colon before
/// anything else.
pub(super) fn is_yaml(text: &str) -> bool {
    let mut lines = text.trim_start_matches('\u{FEFF}').lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#') && *line != "---");
    first.is_some_and(|line| {
        let key = line.split([':', '=']).next().unwrap_or_default();
        line.as_bytes().get(key.len()) == Some(&b':') && !line.starts_with('[')
    })
}

/// Our settings for those of a livekit.yaml.
pub(super) fn settings(yaml: &str) -> Result<Vec<(String, String)>, ConfigError> {
    let values: Value = serde_saphyr::from_str(yaml)
        .map_err(|error| ConfigError(format!("it cannot be read as YAML: {error}")))?;
    let Value::Object(sections) = &values else {
        return Err(ConfigError("it holds no settings of LiveKit".to_owned()));
    };
    let address = bind_address(&values)?;
    let (mut settings, mut problems) = (Vec::new(), Vec::new());
    for (section, value) in sections {
        for (key, value) in leaves(section, value) {
            match fate(&key, value, &address) {
                Some(Fate::Settings(ours)) => settings.extend(ours),
                Some(Fate::Same) => {}
                Some(Fate::Advice(advice)) => problems.push(format!("{key}: {advice}")),
                None => problems.push(format!("{key}: it is not known here, remove it")),
            }
        }
    }
    if problems.is_empty() {
        return Ok(settings);
    }
    Err(ConfigError(format!(
        "these settings of LiveKit mean nothing here:\n  {}\n`visio config reference` lists ours",
        problems.join("\n  ")
    )))
}

/// The keys one level below a section, or the section itself where it is a value.
fn leaves<'a>(section: &str, value: &'a Value) -> Vec<(String, &'a Value)> {
    match value {
        Value::Object(_) if section == "keys" => vec![(section.to_owned(), value)],
        Value::Object(keys) => {
            let dotted = |(key, value)| (format!("{section}.{key}"), value);
            keys.iter().map(dotted).collect()
        }
        _ => vec![(section.to_owned(), value)],
    }
}

fn bind_address(values: &Value) -> Result<String, ConfigError> {
    let addresses = values["bind_addresses"].as_array();
    match addresses.map(Vec::as_slice) {
        None | Some([]) => Ok("0.0.0.0".to_owned()),
        Some([only]) => match text(only).as_str() {
            "" => Ok("0.0.0.0".to_owned()),
            v6 if v6.contains(':') && !v6.starts_with('[') => Ok(format!("[{v6}]")),
            address => Ok(address.to_owned()),
        },
        Some(_) => Err(ConfigError(
            "bind_addresses holds several: write one, in server.listen, or 0.0.0.0:PORT".to_owned(),
        )),
    }
}

fn fate(key: &str, value: &Value, address: &str) -> Option<Fate> {
    let one = |ours: &str, value: String| Fate::Settings(vec![(ours.to_owned(), value)]);
    let same_if = |same: bool, advice| {
        if same {
            Fate::Same
        } else {
            Fate::Advice(advice)
        }
    };
    let off = matches!(value, Value::Null | Value::Bool(false));
    let said = text(value);
    Some(match key {
        "port" => one("server.listen", format!("{address}:{said}")),
        "bind_addresses" => Fate::Same,
        "keys" => Fate::Settings(keys(value)),
        "key_file" => Fate::Advice("name the file in the variable LIVEKIT_KEYS_FILE"),
        "rtc.udp_port" => one("media.udp_port", said),
        "rtc.tcp_port" => one("media.tcp_port", said),
        "rtc.node_ip" => one("media.addresses", said),
        "rtc.port_range_start" | "rtc.port_range_end" => Fate::Advice(
            "remove it; one UDP port for each core is enough, from media.udp_port on (rtc.udp_port)",
        ),
        "rtc.use_external_ip" => same_if(
            off,
            "no foreign server is asked for the public address: write it into media.addresses",
        ),
        "rtc.use_ice_lite" | "rtc.congestion_control" | "rtc.allow_tcp_fallback" => Fate::Same,
        "logging.level" | "log_level" => one("log.level", said),
        "logging.json" => one("log.format", if off { "text" } else { "json" }.to_owned()),
        "logging.pion_level" | "logging.sample" => Fate::Same,
        "prometheus_port" | "prometheus.port" => one("metrics.listen", format!("{address}:{said}")),
        "development" => same_if(off, "remove it, and set log.level = \"debug\""),
        "turn.enabled" if off => one("turn.udp_port", "0".to_owned()),
        "turn.enabled" => Fate::Same,
        "turn.udp_port" => one("turn.udp_port", said),
        _ if key.starts_with("turn.") => Fate::Advice(
            "remove it: TURN is answered at tls.listen with the certificate of the page; if something \
             else ends TLS, write its address into turn.urls",
        ),
        _ if key.starts_with("redis") => Fate::Advice("no Redis is needed: remove it"),
        _ if key.starts_with("webhook") => Fate::Advice("there are no webhooks yet: remove it"),
        _ if key.starts_with("room.") => {
            Fate::Advice("rooms are set up by RoomService's CreateRoom or in the token: remove it")
        }
        _ => return None,
    })
}

fn keys(value: &Value) -> Vec<(String, String)> {
    let keys = value.as_object().into_iter().flatten();
    let named = |(name, secret): (&String, &Value)| (format!("keys.{name}"), text(secret));
    keys.map(named).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn what_means_the_same_is_taken() {
        let yaml = format!(
            "# as livekit-server generates it\nport: 7880\nbind_addresses:\n  - \"\"\nrtc:\n    \
             udp_port: 7882\n    tcp_port: 7881\n    use_external_ip: false\n    node_ip: 192.0.2.1\n\
             keys:\n    API1: {SECRET}\n    API2: \"{SECRET}\"\nlogging:\n    json: true\n    \
             level: warn\nprometheus_port: 6789\nturn:\n    enabled: false\n"
        );
        let mut taken = settings(&yaml).unwrap();
        taken.sort();
        let expected = [
            ("keys.API1", SECRET),
            ("keys.API2", SECRET),
            ("log.format", "json"),
            ("log.level", "warn"),
            ("media.addresses", "192.0.2.1"),
            ("media.tcp_port", "7881"),
            ("media.udp_port", "7882"),
            ("metrics.listen", "0.0.0.0:6789"),
            ("server.listen", "0.0.0.0:7880"),
            ("turn.udp_port", "0"),
        ];
        let taken: Vec<_> = taken
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        assert_eq!(taken, expected);
    }

    #[test]
    fn short_forms_are_taken_too() {
        let yaml = format!("{{port: 80, bind_addresses: [\"::1\"], keys: {{a: {SECRET}}}}}");
        let mut taken = settings(&yaml).unwrap();
        taken.sort();
        let listen = ("server.listen".to_owned(), "[::1]:80".to_owned());
        assert_eq!(taken, [("keys.a".to_owned(), SECRET.to_owned()), listen]);
    }

    #[test]
    fn for_what_does_not_the_text_names_what_to_do() {
        for (yaml, word) in [
            ("rtc: {port_range_start: 50000}", "media.udp_port"),
            ("rtc: {use_external_ip: true}", "media.addresses"),
            ("redis: {address: \"localhost:6379\"}", "no Redis is needed"),
            ("turn: {tls_port: 5349}", "turn.urls"),
            ("webhook: {urls: [x]}", "webhooks"),
            ("room: {max_participants: 5}", "CreateRoom"),
            ("key_file: k.yaml", "LIVEKIT_KEYS_FILE"),
            ("development: true", "log.level"),
            ("bind_addresses: [a, b]", "server.listen"),
            ("prot: 7880", "prot"),
            ("port: [", "YAML"),
            ("7880", "no settings"),
        ] {
            let refused = settings(yaml).unwrap_err().to_string();
            assert!(refused.contains(word), "{yaml}: {refused}");
        }
    }

    #[test]
    fn yaml_and_toml_are_told_apart() {
        for yaml in [
            "port: 7880",
            "# x\n---\nkeys:\n  a: b",
            "\u{FEFF}rtc:\n  udp_port: 1",
        ] {
            assert!(is_yaml(yaml), "{yaml}");
        }
        for toml in [
            "[server]\nlisten = \"0.0.0.0:80\"",
            "# x: y\n[media]",
            "",
            "keys.a = \"b:c\"",
        ] {
            assert!(!is_yaml(toml), "{toml}");
        }
    }
}
