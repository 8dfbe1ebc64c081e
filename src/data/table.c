/* table.c: the life of tables, and looking at them. */
#include <math.h>
#include <string.h>

#include "data/table.h"

void luge_table_free(luge_table *table)
{
    if (!table) return;
    luge__object_leave(&table->object);
    table->object.destroy(&table->object);
}

int64_t luge_table_rows(const luge_table *table)
{
    return table ? table->rows : 0;
}

int luge_table_columns(const luge_table *table)
{
    return table ? (int)table->n_columns : 0;
}

luge_status luge_table_column_at(const luge_table *table, int index, luge_table_column *column)
{
    const char *who = "luge_table_column_at";
    if (!table || !column) return luge__fail(NULL, LUGE_EINVAL, "%s: the %s is NULL", who, table ? "column" : "table");
    if (index < 0 || (size_t)index >= table->n_columns)
        return luge__fail(table->object.ctx, LUGE_EINVAL, "%s: column %d; %s has %z", who, index, table->path,
                          table->n_columns);
    *column = table->columns[index].info;
    return LUGE_OK;
}

int luge_table_find(const luge_table *table, const char *name)
{
    return table && name ? (int)luge__words_find(&table->names, name, strlen(name)) : -1;
}

/* The column if the row is one of its rows. */
static const luge__cells *cells_at(const luge_table *table, int64_t row, int column)
{
    if (!table || row < 0 || row >= table->rows || column < 0 || (size_t)column >= table->n_columns) return NULL;
    return &table->columns[column];
}

double luge_table_number(const luge_table *table, int64_t row, int column)
{
    const luge__cells *cells = cells_at(table, row, column);
    return cells && !cells->is_text ? *luge__number_at(cells, row) : (double)NAN;
}

const char *luge_table_text(const luge_table *table, int64_t row, int column)
{
    const luge__cells *cells = cells_at(table, row, column);
    if (!cells || !cells->is_text || *luge__code_at(cells, row) == LUGE__NO_TEXT) return NULL;
    return cells->words.word[*luge__code_at(cells, row)];
}

luge__place luge__table_place(const luge_table *table, int64_t row)
{
    luge__place place;
    if (table->irregular) {
        (void)luge__format(place.text, sizeof place.text, "row %l", row + 1);
    } else {
        (void)luge__format(place.text, sizeof place.text, "line %l", row + table->first_line);
    }
    return place;
}
