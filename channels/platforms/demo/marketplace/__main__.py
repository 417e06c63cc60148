"""`python -m channels.platforms.demo.marketplace`: run the marketplace until it is told to stop."""

import argparse
import os
import socket
from pathlib import Path

import uvicorn

from .app import create_app
from .market import Market, Settings

ADMIN_VARIABLE = "MARKETPLACE_ADMIN_SECRET"


class Server(uvicorn.Server):
    """Ends the live streams first, which would otherwise hold up the shutdown."""

    def __init__(self, config: uvicorn.Config, market: Market) -> None:
        super().__init__(config)
        self._market = market

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop serving."""
        self._market.hub.close()
        await super().shutdown(sockets)


def read_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m channels.platforms.demo.marketplace", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--data", type=Path, required=True, help="the SQLite file to keep")
    parser.add_argument("--rate", type=float, default=40.0, help="calls a second per shop")
    parser.add_argument("--burst", type=float, default=80.0, help="calls at once per shop")
    parser.add_argument("--fail-rate", type=float, default=0.0, help="share of updates refused")
    parser.add_argument("--lose-rate", type=float, default=0.0, help="share of answers lost")
    parser.add_argument(
        "--admin-secret",
        default=os.environ.get(ADMIN_VARIABLE, ""),
        help=f"what opens shops (default: the environment's {ADMIN_VARIABLE})",
    )
    chosen = parser.parse_args(arguments)
    if chosen.rate <= 0 or chosen.burst < 1:
        parser.error("--rate must be above 0 and --burst at least 1")
    return chosen


def main() -> None:
    """Run the server."""
    chosen = read_arguments()
    market = Market(
        Settings(
            data=chosen.data,
            rate=chosen.rate,
            burst=chosen.burst,
            fail_rate=chosen.fail_rate,
            lose_rate=chosen.lose_rate,
            admin_secret=chosen.admin_secret,
        )
    )
    config = uvicorn.Config(
        create_app(market),
        host=chosen.host,
        port=chosen.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        # Longer than any seller's client keeps an idle connection, so it is always the client who lets go.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=3,
    )
    Server(config, market).run()


if __name__ == "__main__":
    main()
