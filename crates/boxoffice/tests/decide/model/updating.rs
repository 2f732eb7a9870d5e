//! The naive sale's organizer.

use boxoffice::command::{EventPatch, Update, UpdateError};
use boxoffice::event::SaleState;
use boxoffice::grade::SeatType;

use super::{Model, Told, no};

impl Model {
    pub(super) fn update(&mut self, update: &Update) -> Result<Told, Told> {
        if self.is_deleted() {
            return Err(no(&UpdateError::EventNotFound));
        }
        if self.state == SaleState::Cancelled {
            return Err(no(&UpdateError::EventCancelled));
        }
        let patch = &update.patch;
        let opens = patch.sale_opens_at.unwrap_or(self.opens);
        let closes = patch.sale_closes_at.unwrap_or(self.closes);
        if let (Some(opens), Some(closes)) = (opens, closes)
            && closes <= opens
        {
            return Err(no(&UpdateError::SaleWindowInverted));
        }
        self.grades = self.changed_grades(patch)?;
        (self.opens, self.closes) = (opens, closes);
        self.starts = patch.starts_at.unwrap_or(self.starts);
        self.hold_secs = patch.hold_secs.unwrap_or(self.hold_secs);
        self.limit = patch.buyer_tickets_max.unwrap_or(self.limit);
        self.state = patch.state.unwrap_or(self.state);
        Ok(Told::Event(self.shelves()))
    }

    /// Totals first, then prices; all of it or nothing.
    fn changed_grades(&self, patch: &EventPatch) -> Result<Vec<(SeatType, i64, u32)>, Told> {
        let mut grades = self.grades.clone();
        let mut totals = Vec::new();
        if let Some(all) = patch.total_seats {
            let count = u32::try_from(grades.len()).expect("a few grades");
            let mut rest = all - all / count * count;
            for (name, _, _) in &grades {
                totals.push((name.clone(), all / count + rest));
                rest = 0;
            }
        }
        totals.extend(patch.totals.iter().cloned());
        for (name, requested) in totals {
            let taken = self.taken(&name);
            let grade = find(&mut grades, &name)?;
            if requested != grade.2 && self.assigned.contains(&name) {
                return Err(no(&UpdateError::TotalAssigned { seat_type: name }));
            }
            if requested < taken {
                return Err(no(&UpdateError::TotalTooSmall {
                    seat_type: name,
                    requested,
                    taken,
                }));
            }
            grade.2 = requested;
        }
        for (name, price) in &patch.prices {
            find(&mut grades, name)?.1 = price.0;
        }
        Ok(grades)
    }
}

fn find<'a>(
    grades: &'a mut [(SeatType, i64, u32)],
    name: &SeatType,
) -> Result<&'a mut (SeatType, i64, u32), Told> {
    let known = grades.iter().map(|grade| grade.0.clone()).collect();
    let found = grades.iter_mut().find(|grade| grade.0 == *name);
    found.ok_or_else(|| no(&UpdateError::UnknownSeatType { known }))
}
