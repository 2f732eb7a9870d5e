//! Changing an event, and deleting it.

use std::sync::Arc;

use crate::command::{DeleteError, EventPatch, Update, UpdateError};
use crate::event::{Event, EventSnapshot, SaleState};
use crate::grade::{Grade, SeatType, Seating};

use super::draft::Draft;

impl Draft<'_> {
    pub(super) fn update(&mut self, update: &Update) -> Result<Arc<EventSnapshot>, UpdateError> {
        if self.event.deleted_at.is_some() {
            return Err(UpdateError::EventNotFound);
        }
        let current = self.version();
        if update.if_version.is_some_and(|seen| seen != current) {
            return Err(UpdateError::VersionConflict { current });
        }
        if self.event.state == SaleState::Cancelled {
            return Err(UpdateError::EventCancelled);
        }
        let event = changed_event(&self.event, &update.patch);
        if let (Some(opens), Some(closes)) = (event.sale_opens_at, event.sale_closes_at)
            && closes <= opens
        {
            return Err(UpdateError::SaleWindowInverted);
        }
        let grades = changed_grades(&self.grades, &update.patch)?;
        if event != *self.event || grades != self.grades {
            self.event = Arc::new(Event {
                updated_at: self.now,
                ..event
            });
            self.grades = grades;
        }
        Ok(Arc::new(self.snapshot()))
    }

    pub(super) fn delete(&mut self) -> Result<(), DeleteError> {
        if self.event.deleted_at.is_some() {
            return Err(DeleteError::EventNotFound);
        }
        let taken: u32 = self.grades.iter().map(|grade| grade.stock.taken()).sum();
        if taken > 0 {
            return Err(DeleteError::LiveReservations { tickets: taken });
        }
        let deleted_at = Some(self.now);
        self.event = Arc::new(Event {
            deleted_at,
            updated_at: self.now,
            ..(*self.event).clone()
        });
        Ok(())
    }
}

fn changed_event(event: &Event, patch: &EventPatch) -> Event {
    let mut changed = event.clone();
    set(&mut changed.name, patch.name.as_ref());
    set(&mut changed.description, patch.description.as_ref());
    set(&mut changed.venue.name, patch.venue_name.as_ref());
    set(&mut changed.venue.address, patch.venue_address.as_ref());
    set(&mut changed.venue.capacity, patch.venue_capacity.as_ref());
    set(&mut changed.starts_at, patch.starts_at.as_ref());
    set(&mut changed.zone, patch.zone.as_ref());
    set(&mut changed.sale_opens_at, patch.sale_opens_at.as_ref());
    set(&mut changed.sale_closes_at, patch.sale_closes_at.as_ref());
    set(
        &mut changed.buyer_tickets_max,
        patch.buyer_tickets_max.as_ref(),
    );
    set(&mut changed.hold_secs, patch.hold_secs.as_ref());
    set(&mut changed.state, patch.state.as_ref());
    changed
}

fn set<T: Clone>(field: &mut T, new: Option<&T>) {
    if let Some(new) = new {
        field.clone_from(new);
    }
}

fn changed_grades(grades: &[Grade], patch: &EventPatch) -> Result<Vec<Grade>, UpdateError> {
    let mut changed = grades.to_vec();
    if let Some(total) = patch.total_seats {
        for (index, share) in shares(total, changed.len()).into_iter().enumerate() {
            resize(&mut changed[index], share)?;
        }
    }
    for (seat_type, total) in &patch.totals {
        resize(grade_mut(&mut changed, seat_type)?, *total)?;
    }
    for (seat_type, price) in &patch.prices {
        grade_mut(&mut changed, seat_type)?.price = *price;
    }
    Ok(changed)
}

fn grade_mut<'a>(
    grades: &'a mut [Grade],
    seat_type: &SeatType,
) -> Result<&'a mut Grade, UpdateError> {
    match grades
        .iter()
        .position(|grade| grade.seat_type == *seat_type)
    {
        Some(index) => Ok(&mut grades[index]),
        None => Err(UpdateError::UnknownSeatType {
            known: grades.iter().map(|grade| grade.seat_type.clone()).collect(),
        }),
    }
}

fn resize(grade: &mut Grade, total: u32) -> Result<(), UpdateError> {
    if total == grade.stock.total {
        return Ok(());
    }
    if matches!(grade.seating, Seating::Assigned { .. }) {
        return Err(UpdateError::TotalAssigned {
            seat_type: grade.seat_type.clone(),
        });
    }
    grade.stock = grade
        .stock
        .resize(total)
        .ok_or_else(|| UpdateError::TotalTooSmall {
            seat_type: grade.seat_type.clone(),
            requested: total,
            taken: grade.stock.taken(),
        })?;
    Ok(())
}

/// Shares seats equally among `count` grades, the remainder to the first.
pub fn shares(total: u32, count: usize) -> Vec<u32> {
    let count_u32 = u32::try_from(count).unwrap_or(u32::MAX).max(1);
    let (each, rest) = (total / count_u32, total % count_u32);
    (0..count)
        .map(|index| if index == 0 { each + rest } else { each })
        .collect()
}
