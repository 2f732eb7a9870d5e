//! What the web room is told when it is opened.

use std::fmt;
use std::path::PathBuf;

use boxoffice::hmac::HmacKey;
use metrics_exporter_prometheus::PrometheusHandle;
use subtle::ConstantTimeEq;

use crate::cors::CorsOrigins;
use crate::limits::ServerLimits;
use crate::zone::DEFAULT_ZONE;

/// How the web room works; all of it is handed in.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What an organizer shows to change events; `None`: everybody may.
    pub admin_token: Option<AdminToken>,
    /// The server's bounds.
    pub limits: ServerLimits,
    /// The IANA zone of events that name none, and of times that belong to no event.
    pub default_zone: String,
    /// Web pages that may use the API from a browser.
    pub cors_origins: CorsOrigins,
    /// The directory whose file system the health answer reports.
    pub disk_path: PathBuf,
    /// Below this many free bytes the disk counts as full.
    pub disk_free_bytes_min: u64,
    /// Renders the metrics of the process.
    pub metrics: PrometheusHandle,
}

impl Settings {
    /// Settings with every default: nobody needs a token, the disk is that of the working directory.
    pub fn new(metrics: PrometheusHandle) -> Self {
        Self {
            admin_token: None,
            limits: ServerLimits::default(),
            default_zone: DEFAULT_ZONE.to_owned(),
            cors_origins: CorsOrigins::default(),
            disk_path: PathBuf::from("."),
            disk_free_bytes_min: 100 * 1_024 * 1_024,
            metrics,
        }
    }
}

/// The organizer's secret. Never shown, and compared in constant time.
#[derive(Clone)]
pub struct AdminToken(Box<str>);

impl AdminToken {
    /// A token of these characters.
    pub fn new(secret: &str) -> Self {
        Self(secret.into())
    }

    /// The key that the token makes for signing.
    pub(crate) fn key(&self) -> HmacKey {
        HmacKey::new(self.0.as_bytes())
    }

    /// Whether this is the token. Takes as long for a near miss as for a far one.
    pub(crate) fn is(&self, presented: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(presented).into()
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(…)")
    }
}
