//! `onsale serve`.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Context;
use boxoffice::event::EventSnapshot;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::Config;
use crate::logging;
use crate::payments::Provider;
use crate::platform::{Platform, Runtimes};
use crate::sample;

pub(super) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    logging::begin(config.log_format, &config.log_filter);
    let runtimes = Runtimes::start()?;
    let sales = runtimes.sales.handle().clone();
    runtimes.front.block_on(serve(config, sales))
}

async fn serve(config: &Config, sales: Handle) -> anyhow::Result<ExitCode> {
    // First, so that a second process or a taken port is told before anything is touched.
    let mut terminate = signal(SignalKind::terminate())?;
    let listener = web::bind(config.listen, config.server.backlog_len_max)
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr()?;
    let platform = Platform::open(config, sales).await?;
    let sample = if config.sample_event {
        sample::put_on_sale(&platform.box_office, &config.time_zone).await?
    } else {
        None
    };
    if config.payment_provider == Provider::Sandbox {
        tracing::warn!("payments: the sandbox takes no real money");
    }
    announce(config, address, sample.as_deref());

    let interrupted = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        tracing::info!("shutting down: answering what was accepted");
    };
    web::serve(listener, platform.gateway(), interrupted).await;
    platform.close().await;
    tracing::info!("ended");
    Ok(ExitCode::SUCCESS)
}

fn announce(config: &Config, address: SocketAddr, sample: Option<&EventSnapshot>) {
    if config.admin_token.is_none() {
        tracing::warn!(
            "open: without ONSALE_ADMIN_TOKEN everybody on this machine may do anything"
        );
    }
    if !std::io::stdout().is_terminal() {
        println!("listening on http://{address}");
        return;
    }
    println!("onsale is open at http://{address}");
    println!("  events         http://{address}/");
    println!("  organizers     http://{address}/admin");
    println!("  API and docs   http://{address}/api/docs");
    println!("  health         http://{address}/api/health");
    if let Some(snapshot) = sample {
        println!(
            "\nOn sale: {} (event {}). Try:\n",
            snapshot.event.name, snapshot.event.id
        );
        println!(
            "  curl -s http://{address}/api/reservations -H 'content-type: application/json' \\"
        );
        println!(
            "    -d '{{\"eventId\": {}, \"userId\": \"mina\", \"seatType\": \"R\", \"quantity\": 2}}'",
            snapshot.event.id
        );
        println!("\nStop with Ctrl-C.");
    }
}
