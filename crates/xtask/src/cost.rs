//! What an environment costs a month: what Terraform would make, times the price table.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, ensure};
use serde::Deserialize;

use crate::infra::{ENVIRONMENTS, Resource, State};
use crate::steps::root;

/// What to add up.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// dev or prod
    #[arg(value_parser = ENVIRONMENTS)]
    environment: String,
}

/// `infra/prices.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Prices {
    region: String,
    as_of: String,
    hours_per_month: f64,
    hourly: BTreeMap<String, Price>,
    monthly: BTreeMap<String, Price>,
    instance_hourly: BTreeMap<String, f64>,
    database_hourly: BTreeMap<String, f64>,
    cache_hourly: BTreeMap<String, f64>,
    unit: Units,
    assumed: Vec<Assumed>,
    reference: Reference,
    free: Free,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Price {
    price: f64,
    row: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Units {
    spot_share: f64,
    gp3_gib_month: f64,
    instance_metrics_month: f64,
    public_address_hourly: f64,
    waf_rule_month: f64,
    waf_bot_control_month: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Assumed {
    what: String,
    row: String,
    environments: Vec<String>,
    month: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reference {
    prod_claimed: f64,
    dev_claimed: f64,
    rows: BTreeMap<String, f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Free {
    kinds: BTreeSet<String>,
}

/// These are priced by what is in them.
const BY_CONTENT: [&str; 4] = [
    "aws_autoscaling_group",
    "aws_elasticache_replication_group",
    "aws_launch_template",
    "aws_rds_cluster_instance",
];

/// Prints an environment's month beside the reference's.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let prices = Prices::read()?;
    let state = crate::infra::pretend(&arguments.environment)?;
    print!("{}", table(&prices, &state)?);
    Ok(())
}

/// Whether the table knows every kind of resource, and nothing that is not there.
pub(crate) fn check(states: &[State]) -> anyhow::Result<()> {
    let prices = Prices::read()?;
    let used: BTreeSet<&str> = states
        .iter()
        .flat_map(|state| &state.resources)
        .map(|each| each.kind.as_str())
        .collect();
    let known: BTreeSet<&str> = prices
        .hourly
        .keys()
        .chain(prices.monthly.keys())
        .chain(&prices.free.kinds)
        .map(String::as_str)
        .chain(BY_CONTENT)
        .collect();
    let unpriced: Vec<_> = used.difference(&known).collect();
    ensure!(
        unpriced.is_empty(),
        "infra/prices.toml does not know {unpriced:?}"
    );
    let unused: Vec<_> = known.difference(&used).collect();
    ensure!(
        unused.is_empty(),
        "infra/prices.toml has what no environment uses: {unused:?}"
    );
    for state in states {
        print!("{}", table(&prices, state)?);
    }
    Ok(())
}

impl Prices {
    fn read() -> anyhow::Result<Self> {
        let path = root().join("infra/prices.toml");
        toml::from_str(&std::fs::read_to_string(path)?).context("infra/prices.toml")
    }

    fn rows(&self, state: &State) -> anyhow::Result<BTreeMap<String, f64>> {
        let mut rows = BTreeMap::new();
        let mut add = |row: &str, month: f64| *rows.entry(row.to_owned()).or_insert(0.0) += month;
        for resource in &state.resources {
            if resource.values["vpc_endpoint_type"] == "Gateway" {
                continue;
            }
            if let Some(price) = self.hourly.get(&resource.kind) {
                add(&price.row, price.price * self.hours_per_month);
            }
            if let Some(price) = self.monthly.get(&resource.kind) {
                add(&price.row, price.price);
            }
            for (row, month) in self.by_content(state, resource)? {
                add(row, month);
            }
        }
        for assumed in &self.assumed {
            if assumed.environments.contains(&state.environment) {
                add(&assumed.row, assumed.month);
            }
        }
        Ok(rows)
    }

    fn by_content(
        &self,
        state: &State,
        resource: &Resource,
    ) -> anyhow::Result<Vec<(&'static str, f64)>> {
        let hours = self.hours_per_month;
        let priced = |table: &BTreeMap<String, f64>, name: &str| {
            table
                .get(name)
                .copied()
                .with_context(|| format!("infra/prices.toml has no {name}"))
        };
        Ok(match resource.kind.as_str() {
            "aws_rds_cluster_instance" => {
                let class = resource.text("instance_class")?;
                vec![("Database", priced(&self.database_hourly, class)? * hours)]
            }
            "aws_elasticache_replication_group" => {
                let node = priced(&self.cache_hourly, resource.text("node_type")?)?;
                vec![(
                    "Cache",
                    node * hours * resource.number("num_cache_clusters")?,
                )]
            }
            "aws_wafv2_web_acl" => {
                let rules = resource.values["rule"]
                    .as_array()
                    .map_or(&[][..], Vec::as_slice);
                let bots = rules.iter().any(|rule| rule["name"] == "sale-path-bots");
                vec![
                    ("Firewall", rules.len() as f64 * self.unit.waf_rule_month),
                    (
                        "Firewall",
                        if bots {
                            self.unit.waf_bot_control_month
                        } else {
                            0.0
                        },
                    ),
                ]
            }
            "aws_autoscaling_group" => self.instances(state, resource)?,
            _ => vec![],
        })
    }

    /// The desired number of instances, all month: scaling out costs an evening, not a month.
    fn instances(
        &self,
        state: &State,
        group: &Resource,
    ) -> anyhow::Result<Vec<(&'static str, f64)>> {
        let template = state
            .of_kind("aws_launch_template")
            .next()
            .context("no launch template")?;
        let number = group.number("desired_capacity")?;
        let kind = template.text("instance_type")?;
        let hourly = self
            .instance_hourly
            .get(kind)
            .with_context(|| format!("infra/prices.toml has no {kind}"))?;
        let on_demand = &group.values["mixed_instances_policy"][0]["instances_distribution"][0]["on_demand_percentage_above_base_capacity"];
        let share = if on_demand == 0 {
            self.unit.spot_share
        } else {
            1.0
        };
        let gib = template.values["block_device_mappings"][0]["ebs"][0]["volume_size"]
            .as_f64()
            .context("the instances have no disk")?;
        let public =
            template.values["network_interfaces"][0]["associate_public_ip_address"] == "true";
        let address = if public {
            self.unit.public_address_hourly
        } else {
            0.0
        };
        Ok(vec![
            ("Instances", number * hourly * share * self.hours_per_month),
            ("Instances", number * gib * self.unit.gp3_gib_month),
            ("CloudWatch", number * self.unit.instance_metrics_month),
            // The balancer's nodes have public addresses too, one in each zone.
            (
                "Public addresses",
                (number * address + 2.0 * self.unit.public_address_hourly) * self.hours_per_month,
            ),
        ])
    }
}

fn table(prices: &Prices, state: &State) -> anyhow::Result<String> {
    use std::fmt::Write;
    let ours = prices.rows(state)?;
    let prod = state.environment == "prod";
    let mut out = String::new();
    let _ = writeln!(
        out,
        "\n{} in {}, US dollars a month (list prices of {})\n\n{:<24}{:>10}{:>14}",
        state.environment, prices.region, prices.as_of, "", "ours", "the reference"
    );
    for (row, month) in &ours {
        let theirs = prices.reference.rows.get(row).filter(|_| prod);
        let theirs = theirs.map_or_else(|| "-".to_owned(), |month| format!("{month:.2}"));
        let _ = writeln!(out, "{row:<24}{month:>10.2}{theirs:>14}");
    }
    let total: f64 = ours.values().sum();
    let claimed = if prod {
        prices.reference.prod_claimed
    } else {
        prices.reference.dev_claimed
    };
    let _ = writeln!(out, "{:<24}{total:>10.2}{claimed:>14.2}", "in all");
    if prod {
        let sum: f64 = prices.reference.rows.values().sum();
        let _ = writeln!(
            out,
            "\nThe reference claims {claimed:.2}; its own items add up to {sum:.2}."
        );
    }
    for assumed in &prices.assumed {
        if assumed.environments.contains(&state.environment) {
            let _ = writeln!(out, "assumed: {} ({:.2})", assumed.what, assumed.month);
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_references_items_do_not_add_up_to_its_claim() {
        let reference = Prices::read().expect("the table").reference;

        let sum: f64 = reference.rows.values().sum();

        assert!((sum - 340.11).abs() < 0.005, "{sum}");
        assert!(reference.prod_claimed > sum);
    }
}
