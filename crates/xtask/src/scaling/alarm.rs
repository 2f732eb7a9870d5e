//! An alarm on one metric: so many periods on the wrong side of a threshold.

use std::collections::VecDeque;

/// On which side of the threshold the alarm rings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Above,
    Below,
}

/// What a period without any figure counts as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Missing {
    /// The alarm keeps its state.
    Ignore,
    /// Breaching.
    Breaching,
    /// Not breaching.
    NotBreaching,
}

/// When an alarm rings.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Rule {
    pub(crate) side: Side,
    pub(crate) threshold: f64,
    pub(crate) period_secs: u32,
    pub(crate) periods: usize,
    pub(crate) missing: Missing,
}

/// An alarm's memory: one figure a minute comes in, whole periods are judged.
#[derive(Clone, Debug)]
pub(crate) struct Alarm {
    rule: Rule,
    minutes: Vec<Option<f64>>,
    judged: VecDeque<Option<bool>>,
    value: f64,
    ringing: bool,
}

impl Alarm {
    pub(crate) fn new(rule: Rule) -> Self {
        Self {
            rule,
            minutes: Vec::new(),
            judged: VecDeque::new(),
            value: 0.0,
            ringing: false,
        }
    }

    /// Takes the average of the minute that has ended. The metric's value where the alarm rings: an
    /// alarm with a scaling action sets it off each minute for as long as it rings.
    pub(crate) fn minute(&mut self, figure: Option<f64>) -> Option<f64> {
        self.minutes.push(figure);
        if self.minutes.len() * 60 >= self.rule.period_secs as usize {
            let known: Vec<f64> = self.minutes.drain(..).flatten().collect();
            self.period(
                (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64),
            );
        }
        self.ringing.then_some(self.value)
    }

    fn period(&mut self, average: Option<f64>) {
        let breaches = average.map(|value| {
            self.value = value;
            match self.rule.side {
                Side::Above => value > self.rule.threshold,
                Side::Below => value < self.rule.threshold,
            }
        });
        self.judged.push_back(breaches);
        if self.judged.len() > self.rule.periods {
            self.judged.pop_front();
        }
        let treated: Vec<Option<bool>> = self
            .judged
            .iter()
            .map(|judged| judged.or(self.treat_missing()))
            .collect();
        if treated.contains(&None) {
            return;
        }
        self.ringing = treated.len() == self.rule.periods
            && treated.iter().all(|judged| *judged == Some(true));
    }

    fn treat_missing(&self) -> Option<bool> {
        match self.rule.missing {
            Missing::Ignore => None,
            Missing::Breaching => Some(true),
            Missing::NotBreaching => Some(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn above_70(period_secs: u32, periods: usize, missing: Missing) -> Alarm {
        Alarm::new(Rule {
            side: Side::Above,
            threshold: 70.0,
            period_secs,
            periods,
            missing,
        })
    }

    fn rings(alarm: &mut Alarm, minutes: &[Option<f64>]) -> Vec<bool> {
        minutes
            .iter()
            .map(|figure| alarm.minute(*figure).is_some())
            .collect()
    }

    #[test]
    fn two_periods_of_two_minutes_ring_after_four() {
        let mut alarm = above_70(120, 2, Missing::Ignore);

        assert_eq!(
            rings(&mut alarm, &[Some(85.0); 5]),
            [false, false, false, true, true]
        );
    }

    #[test]
    fn a_period_is_judged_by_its_average() {
        let mut alarm = above_70(120, 1, Missing::Ignore);

        assert_eq!(rings(&mut alarm, &[Some(90.0), Some(40.0)]), [false, false]);
        assert_eq!(rings(&mut alarm, &[Some(90.0), Some(60.0)]), [false, true]);
    }

    #[test]
    fn on_the_threshold_nothing_rings() {
        assert_eq!(
            rings(&mut above_70(60, 1, Missing::Ignore), &[Some(70.0)]),
            [false]
        );
    }

    #[test]
    fn one_good_period_silences_it() {
        let mut alarm = above_70(60, 2, Missing::Ignore);

        assert_eq!(
            rings(
                &mut alarm,
                &[Some(80.0), Some(80.0), Some(60.0), Some(80.0)]
            ),
            [false, true, false, false]
        );
    }

    #[test]
    fn missing_figures_count_as_the_rule_says() {
        let figures = [Some(80.0), None];

        assert_eq!(
            rings(&mut above_70(60, 2, Missing::Breaching), &figures),
            [false, true]
        );
        assert_eq!(
            rings(&mut above_70(60, 2, Missing::NotBreaching), &figures),
            [false, false]
        );
        let mut ringing = above_70(60, 1, Missing::Ignore);
        assert_eq!(rings(&mut ringing, &figures), [true, true]);
    }
}
