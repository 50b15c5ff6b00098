import sys

if __name__ == "__main__":
    try:
        from quarterdeck.cli import main

        main()
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)
