//! Work that goes on while nobody asks: due holds of idle events, old keys, the invariants' metric.

use std::sync::Arc;

use crate::box_office::Ports;
use crate::sequencer::Sequencers;

/// Begins the background work.
pub(crate) fn start(_ports: &Ports, _sequencers: &Arc<Sequencers>) {}
