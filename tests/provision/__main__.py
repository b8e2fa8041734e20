"""`python -m tests.provision`: have ready what the tests need; the Makefile calls it first."""

import sys

from tests.provision.chromium import chromium_path
from tests.provision.failure import ProvisioningFailed


def main() -> int:
    """Provision, printing a line for each thing; the exit status is 1 when one cannot be had."""
    print("provision: Chromium ... ", end="", flush=True)
    try:
        print(chromium_path())
    except ProvisioningFailed as error:
        print("failed")
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
