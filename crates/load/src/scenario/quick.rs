//! The short form of a scenario: shows that everything works, and no figure.

use super::{Limits, Scenario};

/// Arrivals a second at most.
const RATE_MAX: f64 = 100.0;

/// How long a phase is, in seconds.
const SECONDS: f64 = 0.5;

/// Connections at most.
const CONNECTIONS_MAX: usize = 16;

impl Scenario {
    /// The same with few arrivals in little time. Of its limits only those stay that say what is
    /// right, and none that says how fast.
    pub fn quick(mut self) -> Self {
        self.connections = self.connections.min(CONNECTIONS_MAX);
        self.sale.events = self.sale.events.min(20);
        for phase in &mut self.phases {
            phase.seconds = phase.seconds.min(SECONDS);
            for rate in [&mut phase.rate, &mut phase.to].into_iter().flatten() {
                *rate = rate.min(RATE_MAX);
            }
            if let Some(climb) = &mut phase.climb {
                climb.from = RATE_MAX;
                climb.rungs = 2;
                // Nobody is judged by how fast a busy machine is, and the phases after it need a rate.
                climb.p99_ms = 60_000.0;
            }
        }
        self.limits = Limits {
            errors_max: self.limits.errors_max,
            sells_out: self.limits.sells_out,
            ..Limits::default()
        };
        self
    }
}
