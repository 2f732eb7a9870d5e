//! What Terraform would have made, read from its own JSON.

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use crate::scaling::{Missing, Numbers, Rule, Side};

/// One resource, as it would be.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) address: String,
    pub(crate) kind: String,
    pub(crate) values: Value,
}

/// All resources of an environment.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) environment: String,
    pub(crate) resources: Vec<Resource>,
}

impl State {
    pub(super) fn parse(environment: &str, json: &[u8]) -> anyhow::Result<Self> {
        let shown: Value = serde_json::from_slice(json).context("terraform show gave no JSON")?;
        let mut resources = Vec::new();
        collect(&shown["values"]["root_module"], &mut resources);
        ensure!(!resources.is_empty(), "{environment} holds no resources");
        Ok(Self {
            environment: environment.to_owned(),
            resources,
        })
    }

    pub(crate) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.resources
            .iter()
            .filter(move |resource| resource.kind == kind)
    }

    pub(super) fn one(&self, ending: &str) -> anyhow::Result<&Resource> {
        self.resources
            .iter()
            .find(|resource| resource.address.ends_with(ending))
            .with_context(|| format!("{} has no {ending}", self.environment))
    }

    /// The scaling numbers that the modules hold.
    pub(crate) fn numbers(&self) -> anyhow::Result<Numbers> {
        let out = self.one("aws_autoscaling_policy.cpu_high[0]")?;
        let mut steps = Vec::new();
        for step in out.values["step_adjustment"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let from = step["metric_interval_lower_bound"]
                .as_str()
                .context("a step has no bound")?;
            let change = step["scaling_adjustment"]
                .as_i64()
                .context("a step changes nothing")?;
            steps.push((from.parse()?, i32::try_from(change)?));
        }
        steps.sort_by(|a: &(f64, i32), b| a.0.total_cmp(&b.0));
        let into = self.one("aws_autoscaling_policy.cpu_low[0]")?;
        let tracking = self.one("aws_autoscaling_policy.requests[0]")?;
        let group = self.one("aws_autoscaling_group.this")?;
        let warm_up = self.one("aws_autoscaling_schedule.warm_up[\"evening\"]")?;
        let stand_down = self.one("aws_autoscaling_schedule.stand_down[\"evening\"]")?;
        Ok(Numbers {
            cpu_high: self.alarm("cpu_high")?,
            cpu_low: self.alarm("cpu_low")?,
            steps,
            remove: -i32::try_from(whole(-into.number("scaling_adjustment")?))?,
            cooldown_secs: whole(into.number("cooldown")?),
            requests_per_minute:
                tracking.values["target_tracking_configuration"][0]["target_value"]
                    .as_f64()
                    .context("target tracking has no target")?,
            warmup_secs: whole(group.number("default_instance_warmup")?),
            min: whole(group.number("min_size")?),
            max: whole(group.number("max_size")?),
            opening: (
                whole(warm_up.number("min_size")?),
                19 * 3_600 - seconds_of_day(warm_up.text("start_time")?)?,
                seconds_of_day(stand_down.text("start_time")?)? - 19 * 3_600,
            ),
        })
    }

    fn alarm(&self, name: &str) -> anyhow::Result<Rule> {
        let alarm = self.one(&format!("aws_cloudwatch_metric_alarm.{name}"))?;
        Ok(Rule {
            side: match alarm.text("comparison_operator")? {
                "GreaterThanThreshold" => Side::Above,
                "LessThanThreshold" => Side::Below,
                other => bail!("{}: {other} is not modelled", alarm.address),
            },
            threshold: alarm.number("threshold")?,
            period_secs: whole(alarm.number("period")?),
            periods: whole(alarm.number("evaluation_periods")?) as usize,
            missing: match alarm.text("treat_missing_data")? {
                "missing" | "ignore" => Missing::Ignore,
                "breaching" => Missing::Breaching,
                "notBreaching" => Missing::NotBreaching,
                other => bail!("{}: {other} is not modelled", alarm.address),
            },
        })
    }

    /// Encryption everywhere, whichever module a resource is in.
    pub(super) fn check_encryption(&self) -> anyhow::Result<()> {
        let keys: [(&str, &str); 7] = [
            ("aws_cloudwatch_log_group", "kms_key_id"),
            ("aws_rds_cluster", "kms_key_id"),
            ("aws_elasticache_replication_group", "kms_key_id"),
            ("aws_secretsmanager_secret", "kms_key_id"),
            ("aws_sqs_queue", "kms_master_key_id"),
            ("aws_sns_topic", "kms_master_key_id"),
            ("aws_rds_cluster", "master_user_secret_kms_key_id"),
        ];
        for (kind, argument) in keys {
            ensure!(
                self.of_kind(kind).next().is_some(),
                "{}: no {kind}",
                self.environment
            );
            for resource in self.of_kind(kind) {
                ensure!(
                    resource.values[argument]
                        .as_str()
                        .is_some_and(|key| key.contains(":kms:")),
                    "{}: {} is not under a key of ours ({argument})",
                    self.environment,
                    resource.address
                );
            }
        }
        let buckets = self.of_kind("aws_s3_bucket").count();
        let encrypted = self
            .of_kind("aws_s3_bucket_server_side_encryption_configuration")
            .count();
        ensure!(
            buckets == encrypted && buckets == 3,
            "{buckets} buckets, {encrypted} encrypted"
        );
        println!("{}: everything stored is encrypted", self.environment);
        Ok(())
    }
}

impl Resource {
    pub(crate) fn number(&self, name: &str) -> anyhow::Result<f64> {
        self.values[name]
            .as_f64()
            .with_context(|| format!("{}: {name} is no number", self.address))
    }

    pub(crate) fn text(&self, name: &str) -> anyhow::Result<&str> {
        self.values[name]
            .as_str()
            .with_context(|| format!("{}: {name} is no text", self.address))
    }
}

fn collect(module: &Value, into: &mut Vec<Resource>) {
    for resource in module["resources"].as_array().into_iter().flatten() {
        if resource["mode"] == "managed" {
            into.push(Resource {
                address: resource["address"].as_str().unwrap_or_default().to_owned(),
                kind: resource["type"].as_str().unwrap_or_default().to_owned(),
                values: resource["values"].clone(),
            });
        }
    }
    for child in module["child_modules"].as_array().into_iter().flatten() {
        collect(child, into);
    }
}

/// The time of day in a text like `2030-12-31T18:45:00+09:00`, in seconds.
fn seconds_of_day(time: &str) -> anyhow::Result<u32> {
    let clock = time.split('T').nth(1).context("a time without a clock")?;
    let mut parts = clock.split([':', '+', 'Z']).take(3).map(str::parse::<u32>);
    let mut next = || parts.next().context("a short clock")?.context("no clock");
    Ok(next()? * 3_600 + next()? * 60 + next()?)
}

/// A count that JSON holds as a number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small counts only"
)]
fn whole(number: f64) -> u32 {
    number.round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_day_is_read() {
        assert_eq!(
            seconds_of_day("2030-12-31T18:45:00+09:00").ok(),
            Some(67_500)
        );
        assert!(seconds_of_day("tomorrow").is_err());
    }
}
