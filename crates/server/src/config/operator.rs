//! Who runs this server, as people see it: the texts and links of the footer, and the logo itself.

use super::ConfigError;
use super::settings::{self, filled};
use std::path::Path;

/// Every page loads the logo: what is larger is a photograph, and meant for something else.
const LOGO_BYTES_MAX: u64 = 256 * 1024;

#[derive(Clone, Debug, Default)]
pub struct OperatorPlan {
    pub name: Option<String>,
    pub logo: Option<Logo>,
    pub contact: Option<String>,
    pub legal_url: Option<String>,
    pub privacy_url: Option<String>,
    pub accessibility_url: Option<String>,
}

#[derive(Clone)]
pub struct Logo {
    /// The media type.
    pub kind: &'static str,
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Logo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Logo({}, {} bytes)", self.kind, self.bytes.len())
    }
}

pub(super) fn operator(settings: &settings::Operator) -> Result<OperatorPlan, ConfigError> {
    Ok(OperatorPlan {
        name: filled(&settings.name),
        logo: filled(&settings.logo).map(|path| logo(&path)).transpose()?,
        contact: filled(&settings.contact),
        legal_url: page("operator.legal_url", &settings.legal_url)?,
        privacy_url: page("operator.privacy_url", &settings.privacy_url)?,
        accessibility_url: page("operator.accessibility_url", &settings.accessibility_url)?,
    })
}

/// Any other scheme, such as `javascript:`, would run in the page.
fn page(key: &str, url: &str) -> Result<Option<String>, ConfigError> {
    let Some(url) = filled(url) else {
        return Ok(None);
    };
    if url.starts_with("https://") || url.starts_with("http://") {
        return Ok(Some(url));
    }
    Err(ConfigError(format!(
        "{key} is \"{url}\": write the whole address, such as https://www.example.org/legal"
    )))
}

fn logo(path: &str) -> Result<Logo, ConfigError> {
    let refuse = |problem: String| ConfigError(format!("operator.logo is \"{path}\": {problem}"));
    let ending = Path::new(path)
        .extension()
        .map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let kind = match ending.as_deref() {
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        _ => {
            return Err(refuse(
                "name a file that ends in .svg, .png or .webp".to_owned(),
            ));
        }
    };
    let unread = |error: std::io::Error| refuse(format!("it cannot be read: {error}"));
    let size = std::fs::metadata(path).map_err(unread)?.len();
    if size > LOGO_BYTES_MAX {
        return Err(refuse(format!(
            "it has {size} bytes, and {LOGO_BYTES_MAX} are the most that every page can load"
        )));
    }
    let bytes = std::fs::read(path).map_err(unread)?;
    Ok(Logo { kind, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logo_is_read_once_and_each_mistake_names_its_setting() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path.to_string_lossy().into_owned()
        };
        let svg = file("logo.SVG", b"<svg/>");
        let with = |logo: &str| {
            operator(&settings::Operator {
                logo: logo.to_owned(),
                ..Default::default()
            })
        };
        let logo = with(&svg).unwrap().logo.unwrap();
        assert_eq!(
            (logo.kind, logo.bytes.as_slice()),
            ("image/svg+xml", &b"<svg/>"[..])
        );
        let large = file("large.png", &vec![0; 256 * 1024 + 1]);
        let text = file("logo.txt", b"");
        for wrong in [large.as_str(), text.as_str(), "/nowhere/logo.png"] {
            let said = with(wrong).unwrap_err().to_string();
            assert!(said.contains("operator.logo"), "{said}");
        }
    }

    #[test]
    fn links_lead_to_pages_and_run_nothing() {
        let with = |url: &str| page("operator.legal_url", url);
        assert!(with("https://example.org/legal").unwrap().is_some());
        assert!(with("  ").unwrap().is_none());
        for wrong in ["javascript:alert(1)", "/legal", "www.example.org"] {
            let said = with(wrong).unwrap_err().to_string();
            assert!(said.contains("operator.legal_url"), "{said}");
        }
    }
}
