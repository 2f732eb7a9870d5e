//! An event that is called off: by whom, and what it gives back.

use super::deeds::{Case, NEVER};
use super::model::Change;
use super::trial::{Deed, Story};
use super::{Findings, Rule};
use crate::history::{Ask, Op, Shown, Status, Told};

impl Case<'_> {
    /// An event that was called off gave it back; in the very moment in which it was called off it may as
    /// well have been `canceller`, who was told nothing, in the group before.
    pub(super) fn clear(&mut self, row: &Shown, index: usize, at: i64, canceller: Option<&Op>) {
        let asked = self.asked_to_call_off().unwrap_or(0);
        let canceller = canceller.filter(|_| self.event.off_at == Some(at));
        let change = match canceller {
            // A key of hers that nothing was ever told of shows nothing.
            Some(_) => Change::GiveBack {
                reservation: index,
                key: None,
            },
            None => Change::Clear(index),
        };
        self.deeds.push(Deed {
            at,
            asked: canceller.map_or(asked, |op| op.asked.order.min(asked)),
            answered: NEVER,
            change,
            story: Story::Cleared(row.id),
        });
    }

    /// When the event was first asked to be called off.
    fn asked_to_call_off(&self) -> Option<u64> {
        let asking = self.ops.iter();
        let mut asking = asking.filter(|op| matches!(&*op.ask, Ask::CallOff { .. }));
        asking.next().map(|op| op.asked.order)
    }

    /// Whether an event was called off by somebody, and leaves nobody with a seat then.
    pub(super) fn find_calling_off(&mut self, findings: &mut Findings) {
        let event = self.event;
        let told = self.ops.iter().find_map(|op| match op.told.as_deref() {
            Some(Told::CalledOff { at }) => Some((*op, *at)),
            _ => None,
        });
        let told_at = told.map(|(_, at)| at);
        findings.expect(
            told_at.is_none_or(|at| event.off_at == Some(at)),
            Rule::AcknowledgedSurvives,
            || format!("event {} was told to be called off", event.id),
        );
        let Some(at) = event.off_at else { return };
        let Some(asked) = self.asked_to_call_off() else {
            let found = format!("event {} was called off", event.id);
            return findings.add(Rule::NothingFromNowhere, found);
        };
        self.deeds.push(Deed {
            at,
            asked: told.map_or(asked, |(op, _)| op.asked.order),
            answered: told
                .and_then(|(op, _)| op.answered)
                .map_or(NEVER, |answered| answered.order),
            change: Change::CallOff,
            story: Story::CalledOff(event.id),
        });
        for row in &event.reservations {
            let left = matches!(
                row.status,
                Status::Held | Status::Paying | Status::Confirmed
            );
            findings.expect(!left, Rule::CallingOffClears, || {
                format!("{row}, and event {} was called off", event.id)
            });
        }
    }
}
