"""Where people type the functions: Excel on Windows, Excel through a server or in the browser, LibreOffice Calc."""
