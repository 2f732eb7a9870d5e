//! Who takes the money: one file for each provider, behind the box office's port `Payments`.
//!
//! Another provider is another file here and another [`Provider`]. One that tells by webhook
//! answers a charge with `ChargeError::Unknown` and has its route call
//! `BoxOffice::provider_says`; the rest, retries and refunds included, stays as it is.

mod sandbox;

use std::sync::Arc;

use boxoffice::provider::Payments;
use serde::{Deserialize, Serialize};

pub use sandbox::{Sandbox, SandboxLimits};

/// A provider, as the configuration names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Takes no real money; see [`Sandbox`].
    #[default]
    Sandbox,
}

/// The provider that the configuration names.
pub fn provider(provider: Provider, sandbox: SandboxLimits) -> Arc<dyn Payments> {
    match provider {
        Provider::Sandbox => Arc::new(Sandbox::new(sandbox)),
    }
}
